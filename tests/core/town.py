"""A toy town, so that each test of the core reads as a story.

Nine square quadrants of 1 km, three by three; places are metres east and north of the south-west
corner, so (1500, 1500) is the middle of B2:

    A3  B3  C3
    A2  B2  C2
    A1  B1  C1

The town does with effects what the edge does, and whatever happens in it is checked against
`tests.core.invariants`.
"""

from collections import defaultdict
from itertools import count
from typing import Any, TypeVar

import shapely

from dispatch.core import message, rouse
from dispatch.core.alert import Alert
from dispatch.core.city import City
from dispatch.core.dispatcher import Dispatcher
from dispatch.core.effects import (
    Append,
    CloseSession,
    DropPushAddress,
    Effect,
    KeepPushAddress,
    Record,
    Reply,
    Send,
)
from dispatch.core.events import Connected, Disconnected, Event, Received, Tick, Written
from dispatch.core.facts import Fact, FactKind
from dispatch.core.locate import Locator
from dispatch.core.moment import Moment
from dispatch.core.quadrants import Edition, Quadrant
from dispatch.core.registry import Device, Front, Person, Registry, Spot
from protocol import messages
from protocol.close_codes import CloseCode
from protocol.codec import encode
from protocol.messages import (
    Accept,
    Arrive,
    Cancel,
    Close,
    Delivered,
    Duty,
    MessageFront,
    Position,
    PositionReport,
    Signal,
    Silence,
    Sounded,
)
from protocol.vocabulary import Action, Kind, Outcome, Role, SirenState
from tests.core.invariants import check_city, check_send

LAT, LON = 4.6, -74.1
M = 1 / 111_195
SIDE_M = 1_000
MIDDLE = (1_500.0, 1_500.0)
NOON_MS = 1_795_190_400_000
BOOT = "boot-1"
PICTURE_KEY = b"k" * 32

Message = TypeVar("Message", bound=messages.ServerMessage)
Where = tuple[float, float]


def degrees(where: Where) -> tuple[float, float]:
    """Latitude and longitude of a place in metres."""
    east, north = where
    return LAT + north * M, LON + east * M


def fix(where: Where, accuracy_m: float | None = 5.0, age_s: float | None = 1.0) -> Position:
    lat, lon = degrees(where)
    return Position(lat, lon, accuracy_m, age_s)


def spot(where: Where, address: str = "") -> Spot:
    return Spot(*degrees(where), address)


def squares(edition: str = "2024", *, shift_m: float = 0.0) -> Edition:
    """The nine quadrants, all moved east by some metres."""
    return Edition(
        edition,
        tuple(
            _square("ABC"[column] + str(row + 1), column * SIDE_M + shift_m, row * SIDE_M)
            for column in range(3)
            for row in range(3)
        ),
    )


def _square(code: str, east: float, north: float) -> Quadrant:
    south, west = degrees((east, north))
    top, right = degrees((east + SIDE_M, north + SIDE_M))
    square = shapely.box(west, south, right, top)
    return Quadrant(code, f"Cuadrante {code}", "E1", f"CAI {code}", "6015159111", square)


LOCATOR = Locator(squares())

FRONT = Front("frente-1", "Frente El Prado", "El Prado", spot((1_700, 1_700)), "carla", 1, 4, 1)
PEOPLE = (
    Person("ana", "Ana Ruiz", "3001"),
    Person("beto", "Beto Díaz", "3002"),
    Person("carla", "Carla Mora", "3003"),
)
PATROLS = {
    "patrol-1": "B2",
    "patrol-2": "B2",
    "patrol-east": "C2",
    "patrol-west": "A2",
    "patrol-far": "C1",
}


def residents() -> list[Person | Front | Device]:
    """Everyone of the toy town."""
    return [
        *PEOPLE,
        FRONT,
        Device("ana", Role.APP, "Teléfono de Ana", person_id="ana"),
        Device("beto", Role.APP, "Teléfono de Beto", person_id="beto"),
        Device("carla", Role.APP, "Teléfono de Carla", person_id="carla", front_id="frente-1"),
        Device("wall", Role.BUTTON, "Botón", front_id="frente-1", spot=spot(MIDDLE, "Calle 1")),
        Device("gateway", Role.GATEWAY, "Central"),
        Device("panel", Role.BUTTON, "Panel", gateway_id="gateway", spot=spot((1_200, 1_200))),
        Device("siren", Role.SIREN, "Sirena", front_id="frente-1"),
        Device("relay", Role.SIREN, "Relé", front_id="frente-1", gateway_id="gateway"),
        Device("camera", Role.CAMERA, "Cámara 1", front_id="frente-1", gateway_id="gateway"),
        Device("operator", Role.OPERATOR, "Sala 1"),
        Device("supervisor", Role.SUPERVISOR, "Jefe"),
        *(
            Device(name, Role.PATROL, name.title(), quadrant=quadrant)
            for name, quadrant in PATROLS.items()
        ),
    ]


def _push_next_s(city: City) -> float | None:
    return city.push_deadlines.next_s()


def signal_id(number: int) -> str:
    return f"01932f7a-5c00-7abc-8def-{number:012x}"


class Town:
    """A dispatcher, its clock, and what everyone has been sent."""

    def __init__(self, things: list[Person | Front | Device] | None = None) -> None:
        registry = Registry(LOCATOR, residents() if things is None else things)
        self.dispatcher = Dispatcher(registry, BOOT, PICTURE_KEY)
        self.city = self.dispatcher.city
        self.mono_s = 1_000.0
        self.frames: dict[str, list[Any]] = defaultdict(list)
        self.facts: list[Fact] = []
        self.lines: list[Append] = []
        self.addresses: list[KeepPushAddress | DropPushAddress] = []
        self.closed: dict[int, CloseCode] = {}
        self._numbers = count(1)

    @property
    def now(self) -> Moment:
        return Moment(self.mono_s, NOON_MS + round((self.mono_s - 1_000) * 1000))

    # --- what happens -----------------------------------------------------------------------------

    def handle(self, event: Event) -> list[Effect]:
        """Let something happen, and do what the core wants done about it."""
        effects = self.dispatcher.handle(event, self.now)
        self.apply(effects)
        check_city(self.city)
        if not isinstance(event, Tick):
            self._see_to_the_rest()
        return effects

    def _see_to_the_rest(self) -> None:
        """Tick at once, as the edge does, for what was put off behind an event."""
        while any(
            self._is_due(next_s(self.city))
            for next_s in (rouse.next_s, _push_next_s, message.next_s)
        ):
            self.handle(Tick())

    def _is_due(self, at_s: float | None) -> bool:
        return at_s is not None and at_s <= self.mono_s

    def apply(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send():
                    self._send(effect)
                case Reply():
                    encode(effect.message)
                    self.frames[f"session {effect.session_id}"].append(effect.message)
                case CloseSession():
                    self.closed[effect.session_id] = effect.code
                case Record():
                    self.facts.append(effect.fact)
                case Append():
                    self.lines.append(effect)
                case KeepPushAddress() | DropPushAddress():
                    self.addresses.append(effect)

    def _send(self, send: Send) -> None:
        encode(send.message)
        check_send(self.city, send)
        for device in send.devices:
            if device in self.city.presence.session_of:
                self.frames[device].append(send.message)
        if send.first_of is not None:
            self.apply(self.dispatcher.handle(Written(send.first_of), self.now))

    def connect(self, *devices: str, on_duty: bool | None = True) -> int:
        """Let devices greet; those that answer are on duty. Returns the (last) session."""
        session = 0
        for device in devices:
            session = next(self._numbers)
            self.handle(Connected(session, device, on_duty))
        return session

    def disconnect(self, device: str) -> None:
        self.handle(Disconnected(self.city.presence.session_of[device], device))

    def say(self, device: str, message: messages.AnyClientMessage) -> list[Effect]:
        return self.handle(Received(device, message, self.now.wall_ms))

    def press(
        self,
        device: str,
        *,
        at: Where | None = None,
        kind: Kind = Kind.PANIC,
        again: str | None = None,
        accuracy_m: float | None = 5.0,
        source: str | None = None,
    ) -> str:
        """Press once, or send the press `again`. Returns the signal's id."""
        chosen = again or signal_id(next(self._numbers))
        position = None if at is None else fix(at, accuracy_m)
        self.say(device, Signal(chosen, kind, self.now.wall_ms, position, source))
        return chosen

    def signal(self, *, at: Where) -> Signal:
        """Make a press without sending it."""
        return Signal(signal_id(next(self._numbers)), Kind.PANIC, self.now.wall_ms, fix(at))

    def move(self, device: str, to: Where, accuracy_m: float | None = 5.0) -> None:
        self.say(device, PositionReport(fix(to, accuracy_m)))

    def cancel(self, device: str, signal: str) -> None:
        self.say(device, Cancel(signal))

    def duty(self, device: str, on_duty: bool) -> None:
        self.say(device, Duty(on_duty))

    def delivered(self, device: str, alert: str) -> None:
        self.say(device, Delivered(alert, self.alert(alert).version))

    def accept(self, device: str, alert: str, eta_s: int | None = None) -> None:
        self.say(device, Accept(alert, eta_s))

    def arrive(self, device: str, alert: str) -> None:
        self.say(device, Arrive(alert))

    def sounded(self, device: str, alert: str, state: SirenState, siren: str | None = None) -> None:
        self.say(device, Sounded(alert, state, siren))

    def silence(self, device: str, alert: str) -> None:
        self.say(device, Silence(alert))

    def tell_front(
        self,
        who: str,
        body: str = "Cierren puertas",
        *,
        front: str = "frente-1",
        about: str | None = None,
        again: str | None = None,
    ) -> str:
        """Say something to a front, or say it `again`. Returns the message's id."""
        chosen = again or signal_id(next(self._numbers))
        self.say(who, MessageFront(chosen, front, body, about))
        return chosen

    def picture(self, alert: str, number: int = 1, *, camera: str = "camera") -> str:
        """The gateway has kept a picture. Returns its id."""
        picture_id = signal_id(1_000 + number)
        taken_ms = self.now.wall_ms - 40
        self.say("gateway", messages.Picture(alert, camera, picture_id, taken_ms, 150_000))
        return picture_id

    def close(self, device: str, alert: str, outcome: Outcome = Outcome.REAL) -> None:
        self.say(device, Close(alert, outcome))

    def after(self, seconds: float) -> None:
        """Let time pass, with a tick exactly when one is wanted."""
        end_s = self.mono_s + seconds
        while (due_s := self.dispatcher.next_deadline_s()) is not None and due_s <= end_s:
            self.mono_s = max(self.mono_s, due_s)
            self.handle(Tick())
        self.mono_s = end_s

    def asleep(self, seconds: float) -> None:
        """Let time pass without any tick, then tick until nothing is due."""
        self.mono_s += seconds
        self.handle(Tick())
        while (due_s := self.dispatcher.next_deadline_s()) is not None and due_s <= self.mono_s:
            self.handle(Tick())

    # --- what was seen ----------------------------------------------------------------------------

    def alert(self, alert_id: str) -> Alert:
        return self.city.board.alerts[alert_id]

    def got(self, device: str, kind: type[Message]) -> list[Message]:
        """Everything of one type that a device was sent."""
        return [frame for frame in self.frames[device] if isinstance(frame, kind)]

    def alerts(self, device: str) -> list[messages.Alert]:
        return self.got(device, messages.Alert)

    def receipts(self, device: str) -> list[messages.Receipt]:
        return self.got(device, messages.Receipt)

    def rings(self, device: str) -> int:
        return len(self.commands(device, Action.RING))

    def commands(self, device: str, action: Action | None = None) -> list[messages.Command]:
        """What a device was asked to do: all of it, or one action."""
        asked = self.got(device, messages.Command)
        return [command for command in asked if action in (None, command.action)]

    def errors(self, device: str) -> list[str]:
        return [error.code for error in self.got(device, messages.Error)]

    def reasons(self, kind: FactKind) -> list[str]:
        """The reasons on record of one kind of fact, in order."""
        return [fact.reason for fact in self.facts if fact.kind is kind]

    def forget_frames(self) -> None:
        """Look only at what is sent from now on."""
        self.frames.clear()

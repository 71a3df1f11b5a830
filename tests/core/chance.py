"""A town in which anything may happen, in an order drawn from a seed."""

import random
from collections.abc import Callable
from dataclasses import replace

from dispatch.core.effects import Effect, Send
from dispatch.core.events import Connected, Event, Received, TokenKept, Written
from dispatch.core.locate import Locator
from dispatch.core.registry import Device, EditionActivated, Front, Person, Removed
from protocol.limits import NOTE_CHARS
from protocol.messages import (
    Accept,
    Alert,
    AnyClientMessage,
    Arrive,
    Assign,
    Cancel,
    Close,
    Condition,
    Contact,
    Delivered,
    Duty,
    Error,
    MessageFront,
    MessageShown,
    Picture,
    Position,
    PositionReport,
    Receipt,
    Seen,
    Signal,
    Silence,
    Sounded,
)
from protocol.vocabulary import Kind, Outcome, Role, SirenState, TroubleKind
from tests.core.town import (
    FRONT,
    LOCATOR,
    PATROLS,
    PEOPLE,
    Town,
    degrees,
    residents,
    signal_id,
    squares,
)

OTHER = Locator(squares("2025", shift_m=400))
DEVICES = tuple(thing for thing in residents() if isinstance(thing, Device))
NAMES = tuple(device.device_id for device in DEVICES)


class Chance:
    """Plays a story. The same seed plays the same one, and `effects` is all that came of it."""

    def __init__(self, seed: int) -> None:
        self.town = Town()
        self.effects: list[Effect] = []
        self._dice = random.Random(seed)  # noqa: S311 - chance, not secrets
        self._sessions = iter(range(10_000, 20_000))
        self._ids = iter(range(1, 10_000))
        self._signals: list[str] = []
        self._said: list[str] = []
        handle = self.town.handle

        def handle_and_keep(event: Event) -> list[Effect]:
            effects = handle(event)
            self.effects += effects
            return effects

        self.town.handle = handle_and_keep  # type: ignore[method-assign]

    def play(self, steps: int) -> None:
        """Everyone comes, and then so many things happen."""
        for name in NAMES:
            self.town.connect(name, on_duty=self._dice.random() < 0.8)
        acts: list[tuple[Callable[[], None], int]] = [
            (self._press, 30),
            (self._answer, 40),
            (self._wait, 20),
            (self._come_or_go, 10),
            (self._change, 4),
            (self._supervise, 8),
            (self._talk, 5),
        ]
        weights = [weight for _, weight in acts]
        for act, _ in self._dice.choices(acts, weights, k=steps):
            act()

    def end(self) -> None:
        """The control room closes what is open, and time passes until all is forgotten."""
        town = self.town
        town.handle(Device("last", Role.OPERATOR, "Última"))
        town.connect("last")
        for alert in list(town.city.board.open_alerts()):
            town.close("last", alert.alert_id)
        town.after(4_000)
        town.press("last")  # denied; but the next press's deadline is what makes time pass
        town.asleep(4_000)

    def _say(self, message: AnyClientMessage, name: str | None = None) -> list[Effect]:
        device = name or self._dice.choice(NAMES)
        known = self.town.city.registry.devices.get(device)
        is_shut_out = known is None or known.revoked
        if not is_shut_out and device not in self.town.city.presence.session_of:
            return []  # only what was shut out just now speaks without being here
        now = self.town.now
        late_ms = self._dice.choice((0, 0, 0, 30, 5_000))
        return self.town.handle(Received(device, message, now.wall_ms - late_ms))

    def _press(self) -> None:
        dice = self._dice
        who = dice.choice(("ana", "beto", "carla", "wall", "gateway", "panel", dice.choice(NAMES)))
        if not self._signals or dice.random() < 0.8:
            self._signals.append(signal_id(next(self._ids)))
            chosen = self._signals[-1]
        else:
            chosen = dice.choice(self._signals[-8:])
        source = dice.choice(("panel", "panel", "wall", None)) if who == "gateway" else None
        kind = dice.choices(tuple(Kind), (8, 2, 2, 2, 2, 2))[0]
        now_ms = self.town.now.wall_ms
        pressed_ms = dice.choice((None, now_ms, now_ms - 4_000, now_ms + 4_000))
        effects = self._say(Signal(chosen, kind, pressed_ms, self._position(), source), who)
        self._check_answered(who, effects)

    def _check_answered(self, who: str, effects: list[Effect]) -> None:
        device = self.town.city.registry.devices.get(who)
        if device is None or device.revoked or who not in self.town.city.presence.session_of:
            return
        assert any(
            isinstance(effect, Send)
            and who in effect.devices
            and isinstance(effect.message, Receipt | Error)
            for effect in effects
        ), f"{who} pressed and was not answered"

    def _answer(self) -> None:
        dice = self._dice
        ids = list(self.town.city.board.alerts)[-6:] or [signal_id(0)]
        chosen = dice.choice((*ids, *self._signals[-2:]))
        alert = self.town.city.board.alerts.get(chosen)
        version = alert.version if alert is not None else 0
        message = dice.choice(
            (
                Silence(chosen),
                Accept(chosen, dice.choice((None, 0, 60, 600))),
                Accept(chosen),
                Arrive(chosen),
                Assign(chosen, dice.choice(tuple(self.town.city.registry.devices)), 60),
                Close(chosen, dice.choice(tuple(Outcome)), "n" * dice.choice((0, NOTE_CHARS))),
                Delivered(chosen, version + 1),
                Delivered(chosen, version + 1),
                Cancel(dice.choice(self._signals or [chosen])),
                Duty(dice.random() < 0.7),
            )
        )
        is_for_callers = isinstance(message, Cancel)
        usual = ("ana", "beto", "wall") if is_for_callers else (*PATROLS, "operator", "supervisor")
        self._say(message, dice.choice(usual) if dice.random() < 0.9 else None)
        if dice.random() < 0.5:
            self._kit_says(chosen)
        if dice.random() < 0.2:
            self._say(PositionReport(self._position() or Position(0.0, 0.0)))
        if dice.random() < 0.05:
            self.town.handle(Written(chosen))

    def _kit_says(self, alert_id: str) -> None:
        """The sirens and the camera of the front answer, truly or not."""
        dice = self._dice
        state = dice.choice(tuple(SirenState))
        speaker, siren = dice.choice((("siren", None), ("gateway", "relay"), ("gateway", "siren")))
        self._say(Sounded(alert_id, state, siren), speaker)
        camera = dice.choice(("camera", "camera", "relay", "nobody"))
        taken_ms = self.town.now.wall_ms
        picture_id = signal_id(20_000 + dice.randrange(50))
        self._say(Picture(alert_id, camera, picture_id, taken_ms, 1_000), "gateway")

    def _wait(self) -> None:
        seconds = self._dice.choice((0.0, 0.2, 1.0, 3.0, 10.0, 31.0, 130.0, 700.0))
        if self._dice.random() < 0.7:
            self.town.after(seconds)
        else:
            self.town.asleep(seconds)

    def _come_or_go(self) -> None:
        name = self._dice.choice(NAMES)
        device = self.town.city.registry.devices.get(name)
        if device is None or device.revoked:
            return
        if name in self.town.city.presence.session_of and self._dice.random() < 0.6:
            self.town.disconnect(name)
        else:
            on_duty = self._dice.choice((None, True, True, False))
            self.town.handle(Connected(next(self._sessions), name, on_duty))

    def _supervise(self) -> None:
        """A gateway has heard from its devices, or one of them is ill."""
        dice = self._dice
        who = dice.choice(("panel", "panel", "wall", "siren"))
        speaker = dice.choice(("gateway", "gateway", "gateway", who))
        if speaker == "gateway" and dice.random() < 0.6:
            battery = dice.choice((None, 10, 25, 90))
            seen = Seen(who, battery, tested=dice.random() < 0.2)
            self._say(Contact((seen,)), speaker)
        else:
            device_id = who if speaker == "gateway" else None
            kind = dice.choice(tuple(TroubleKind))
            present = dice.random() < 0.6
            self._say(Condition(kind, present=present, device_id=device_id), speaker)

    def _talk(self) -> None:
        """The control room says something to the front, and whoever is of it shows that."""
        dice = self._dice
        if not self._said or dice.random() < 0.5:
            self._said.append(signal_id(30_000 + len(self._said)))
        alert_id = dice.choice((None, None, *list(self.town.city.board.alerts)[-3:]))
        front_id = dice.choice((FRONT.front_id, FRONT.front_id, "nowhere"))
        chosen = dice.choice(self._said[-4:])
        words = dice.choice(("Cierren puertas", "Salgan"))
        who = dice.choice(("operator", "operator", "supervisor", dice.choice(NAMES)))
        self._say(MessageFront(chosen, front_id, words, alert_id), who)
        self._say(MessageShown(chosen), dice.choice(("carla", "wall", dice.choice(NAMES))))

    def _change(self) -> None:
        dice, town = self._dice, self.town
        device = dice.choice(DEVICES)
        known = town.city.registry.devices.get(device.device_id, device)
        quadrant = dice.choice(tuple(PATROLS.values())) if known.role is Role.PATROL else None
        event = dice.choice(
            (
                replace(known, revoked=True),
                replace(known, revoked=False, quadrant=quadrant),
                replace(known, revoked=False, quadrant=quadrant),
                replace(known, token_hash=bytes([dice.randrange(256)]) * 32),
                device,
                device,
                Removed(Device, device.device_id),
                TokenKept(device.device_id, b"t" * 32),
                EditionActivated(dice.choice((LOCATOR, OTHER))),
                dice.choice(PEOPLE),
                Removed(Person, dice.choice(PEOPLE).person_id),
                dice.choice((FRONT, Removed(Front, FRONT.front_id))),
            )
        )
        town.handle(event)

    def _position(self) -> Position | None:
        dice = self._dice
        if dice.random() < 0.2:
            return None
        east, north = dice.choice(((1_500, 1_500), (1_990, 1_500), (2_010, 1_520), (700, 2_300)))
        lat, lon = degrees((east + dice.uniform(-90, 90), north + dice.uniform(-90, 90)))
        accuracy_m = dice.choice((None, 4.0, 40.0, 900.0, 9_000.0))
        return dice.choice((Position(lat, lon, accuracy_m, 2.0),) * 9 + (Position(0.0, 0.0),))

    def check_versions(self) -> None:
        """Nobody was ever shown an older state after a newer one."""
        newest: dict[tuple[str, type, str], int] = {}
        for effect in self.effects:
            if not (isinstance(effect, Send) and isinstance(effect.message, Alert | Receipt)):
                continue
            shown = effect.message
            for device in effect.devices:
                key = (device, type(shown), shown.alert_id)
                assert shown.version >= newest.get(key, 0), f"{device} was shown the past"
                newest[key] = shown.version

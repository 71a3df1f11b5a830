"""The kit of a front: a siren on the network, and a gateway with a relay and a camera behind it.

What sounds here sounds truly, in true time; what the core says of it may be late, never made up.
"""

import random
from collections import Counter
from typing import TYPE_CHECKING

from dispatch.core.limits import PICTURES_PER_CAMERA
from dispatch.core.sirens import FOR_S
from protocol.messages import Alert, AnyServerMessage, Command, Picture, Sounded, Welcome
from protocol.vocabulary import Action, Kind, SirenState
from tests.simulation.callers import Caller
from tests.simulation.clients import Client
from tests.simulation.rules import Broken

if TYPE_CHECKING:
    from tests.simulation.world import World

NEVER_SILENT = "no siren gives a silent press away"
ONCE = "a siren is told to sound once an alert"
IN_TIME = "every siren falls silent in time"
OWN_PICTURES = "an alert shows its own front's pictures"
TRULY = "a siren is shown to sound only if it said so"
LATER_S = 10.0
SOUNDS_AT_MOST_S = max(for_s for for_s in FOR_S.values() if for_s is not None)
QUIET_AFTER_S = SOUNDS_AT_MOST_S + 120.0
"""After a reboot only the wall clock tells how long that took, and somebody may have set it."""


class Sounder:
    """Something that makes a noise until it is told to stop, or its time is over."""

    def __init__(self, client: Client, device_id: str | None) -> None:
        self.client = client
        self.device_id = device_id
        self.is_on = False
        self._told = 0
        self._asked: Counter[str] = Counter()
        """Alert -> how often this connection told it to sound for that."""

    def welcomed(self) -> None:
        """Whatever still holds is said again."""
        self._asked.clear()

    def obey(self, command: Command) -> None:
        """Sound or fall silent, and mostly say so."""
        self._told += 1
        told, dice = self._told, self.client.dice
        if command.action is Action.SILENCE:
            self.is_on = False
            self._asked.clear()
            self._say_later(command.alert_id, SirenState.SILENT)
            return
        self._check(command)
        answer = dice.choice((SirenState.SOUNDING,) * 8 + (SirenState.FAILED, None))
        self.is_on = answer is not SirenState.FAILED
        if answer is not None:
            self._say_later(command.alert_id, answer)

        def stop() -> None:
            if self.is_on and told == self._told:
                self.is_on = False
                self._say_later(command.alert_id, SirenState.SILENT)

        self.client.world.agenda.after(command.for_s or 0, stop)

    def _check(self, command: Command) -> None:
        kinds = self.client.world.truth.kinds[command.alert_id]
        longest_s = max((FOR_S[kind] or 0 for kind in kinds), default=0)
        if kinds <= {Kind.SILENT}:
            raise Broken(NEVER_SILENT, f"{command.alert_id[-4:]} sounds")
        if not 0 < (command.for_s or 0) <= max(longest_s, SOUNDS_AT_MOST_S):
            raise Broken(IN_TIME, f"{command.alert_id[-4:]} sounds for {command.for_s} s")
        # Each other alert of the front leaves the siren to this one, once, when it is silenced.
        siren, core = self.device_id or self.client.device_id, self.client.world.core
        assert core is not None
        sounding = [each for each in core.city.board.alerts.values() if siren in each.sirens]
        self._asked[command.alert_id] += 1
        if self._asked[command.alert_id] > max(1, len(sounding)):
            raise Broken(ONCE, f"{command.alert_id[-4:]} sounds again")

    def _say_later(self, alert_id: str, state: SirenState) -> None:
        dice, truth = self.client.dice, self.client.world.truth
        if dice.random() < 0.1:
            return
        siren = self.device_id or self.client.device_id

        def say() -> None:
            if state is SirenState.SOUNDING:
                truth.sounded.add(siren)
            self.client.send(Sounded(alert_id=alert_id, state=state, device_id=self.device_id))

        self.client.world.agenda.after(dice.choice((0.0, 0.05, 1.0, 7.0)), say)


class Siren(Client):
    """A siren on the network."""

    def __init__(self, world: "World", device_id: str, dice: random.Random) -> None:
        super().__init__(world, device_id, dice)
        self.sounder = Sounder(self, None)

    def greeted(self, welcome: Welcome) -> None:  # noqa: ARG002 - every client's interface
        self.sounder.welcomed()

    def heard(self, message: AnyServerMessage) -> None:
        if isinstance(message, Command):
            self.sounder.obey(message)


class Gateway(Caller):
    """A gateway with a panel, a relay and a camera behind it."""

    def __init__(self, world: "World", device_id: str, dice: random.Random) -> None:
        super().__init__(world, device_id, dice)
        self.relay = Sounder(self, "relay")
        self._kept: dict[str, list[Picture]] = {}

    def greeted(self, welcome: Welcome) -> None:
        self.relay.welcomed()
        super().greeted(welcome)

    def heard(self, message: AnyServerMessage) -> None:
        match message:
            case Command(action=Action.LOOK):
                self._look(message)
            case Command(device_id="relay"):
                self.relay.obey(message)
            case Command():
                raise Broken("a gateway is told of its own devices", str(message.device_id))
            case other:
                super().heard(other)

    def _look(self, command: Command) -> None:
        """Say again what was taken; take what was not, now and a while later."""
        if command.device_id != "camera":
            raise Broken("a gateway is told of its own devices", str(command.device_id))
        kept = self._kept.setdefault(command.alert_id, [])
        for picture in kept:
            self.send(picture)
        for number in range(PICTURES_PER_CAMERA - len(kept)):
            wait_s = 0.2 + LATER_S * number
            self.world.agenda.after(wait_s, lambda: self._take(command.alert_id, kept))

    def _take(self, alert_id: str, kept: list[Picture]) -> None:
        if len(kept) >= PICTURES_PER_CAMERA or self.dice.random() < 0.1:
            return
        picture_id = self.world.new_id()
        self.world.truth.pictures[alert_id].add(picture_id)
        taken_ms = self.world.clock.moment().wall_ms
        kept.append(
            Picture(
                alert_id=alert_id,
                device_id="camera",
                picture_id=picture_id,
                taken_at_ms=taken_ms,
                size_bytes=100_000,
            )
        )
        self.send(kept[-1])


def check_shown(world: "World", alert: Alert) -> None:
    """Raise `Broken` where an alert shows what its front's kit did not do."""
    shown = [picture.picture_id for picture in alert.pictures]
    if len(shown) != len(set(shown)) or not set(shown) <= world.truth.pictures[alert.alert_id]:
        raise Broken(OWN_PICTURES, alert.alert_id[-4:])
    for siren in alert.sirens:
        if siren.state is SirenState.SOUNDING and siren.device_id not in world.truth.sounded:
            raise Broken(TRULY, f"{siren.device_id} in {alert.alert_id[-4:]}")


def check_quiet(world: "World") -> None:
    """Raise `Broken` if, long after the last press, something sounds or is thought to."""
    core = world.core
    assert core is not None
    for sounder in world.sounders():
        if sounder.is_on:
            raise Broken(IN_TIME, f"{sounder.device_id or sounder.client.device_id} sounds on")
    if core.city.sounding:
        raise Broken(IN_TIME, f"the core waits for {', '.join(core.city.sounding)}")
    for alert in core.city.board.alerts.values():
        for siren_id, sounding in alert.sirens.items():
            if sounding.state in (SirenState.ASKED, SirenState.SOUNDING):
                raise Broken(IN_TIME, f"{siren_id} is {sounding.state} in {alert.alert_id[-4:]}")

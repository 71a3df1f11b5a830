"""What hangs behind the gateway: boxes that fall silent or ill, and what is said of them."""

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dispatch.core.registry import Device
from protocol.messages import Condition, Contact, Seen
from protocol.vocabulary import Role, TroubleKind
from tests.simulation.clients import Client

if TYPE_CHECKING:
    from tests.simulation.world import World

GATEWAY = "gateway"
HEARTBEAT_S = 20
BEAT_S = 6.0
ON_ITS_WAY_S = 3.0
AILMENTS = (TroubleKind.TAMPER, TroubleKind.MAINS_LOST, TroubleKind.FAULT)
BOXES = ("box-1", "box-2", "box-3")


def boxes() -> list[Device]:
    """As the registry knows them."""
    return [
        Device(name, Role.SIREN, name, gateway_id=GATEWAY, heartbeat_s=HEARTBEAT_S)
        for name in BOXES
    ]


@dataclass(slots=True)
class Box:
    """What is truly the matter with it."""

    name: str
    is_silent: bool = False
    spoke_s: float = 0.0
    """When the gateway last said a word of it, in true time."""
    before_s: float = 0.0
    """When it had spoken before that, should the last word still be on its way."""
    ill: dict[TroubleKind, bool] = field(default_factory=dict)
    """What it has complained of, and whether it still does."""

    def speak(self, now_s: float) -> None:
        """The gateway says a word of it."""
        if now_s - self.spoke_s > ON_ITS_WAY_S:
            self.before_s = self.spoke_s
        self.spoke_s = now_s

    def heard_s(self, now_s: float) -> float:
        """Return when the core had a word of it for certain."""
        return self.before_s if now_s - self.spoke_s < ON_ITS_WAY_S else self.spoke_s


class Boxes:
    """The boxes, and what the gateway says of them while it is there."""

    def __init__(self, world: "World") -> None:
        self.all = {name: Box(name) for name in BOXES}
        self.met_s = 0.0
        """When the core last met the gateway, in true time."""
        self._world = world
        self._beat()

    def hush(self, dice: random.Random) -> None:
        """A box falls silent, or is heard from again."""
        box = self.all[dice.choice(BOXES)]
        box.is_silent = not box.is_silent
        self._world.say(f"{box.name} {'falls silent' if box.is_silent else 'is heard again'}")

    def ail(self, dice: random.Random) -> None:
        """A box is ill, or well again."""
        box, kind = self.all[dice.choice(BOXES)], dice.choice(AILMENTS)
        box.ill[kind] = not box.ill.get(kind, False)
        self._world.say(f"{box.name}: {kind} is {box.ill[kind]}")
        self._tell(box, kind)

    def greeted(self) -> None:
        """The gateway is back: it says how all of them are."""
        for box in self.all.values():
            for kind in box.ill:
                self._tell(box, kind)

    def gateway(self) -> Client | None:
        """The gateway, if it is there and known."""
        gateway = self._world.clients.get(GATEWAY)
        return gateway if gateway is not None and gateway.is_greeted else None

    def _beat(self) -> None:
        gateway = self.gateway()
        heard = [box for box in self.all.values() if not box.is_silent]
        if gateway is not None and gateway.send(Contact(tuple(Seen(box.name) for box in heard))):
            for box in heard:
                box.speak(self._world.clock.now_s)
        self._world.agenda.after(BEAT_S, self._beat)

    def _tell(self, box: Box, kind: TroubleKind) -> None:
        gateway = self.gateway()
        message = Condition(trouble=kind, present=box.ill[kind], device_id=box.name)
        if gateway is not None and gateway.send(message):
            box.speak(self._world.clock.now_s)

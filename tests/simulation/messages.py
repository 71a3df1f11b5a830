"""What the control room says to a front, and what must be true of it whatever goes wrong."""

from typing import TYPE_CHECKING

from dispatch.core.limits import MESSAGES_PER_FRONT_MAX
from protocol.messages import FrontMessage, MessageFront, MessageReach, MessageShown
from tests.core.town import FRONT
from tests.simulation.rules import Broken

if TYPE_CHECKING:
    from tests.simulation.clients import Client
    from tests.simulation.core import Core
    from tests.simulation.watchers import Watcher
    from tests.simulation.world import World

MEMBERS = ("carla", "wall")
"""Whoever is of the front and can show something."""
SHOWS_IT = 0.7
"""How often a person is there to see it."""
KEPT = "what was said and stored is not lost"
HEARD = "whoever is of the front hears what is of use"


class Sayings:
    """What is said, and who has heard it. Outlives every core."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.under_way: dict[str, MessageFront] = {}
        self.told_stored: dict[str, MessageFront] = {}
        self._heard: dict[str, set[str]] = {name: set() for name in MEMBERS}

    def say(self, watcher: "Watcher", body: str, alert_id: str | None) -> None:
        """Somebody of the control room says something; again until it is stored or refused."""
        message_id = self._world.new_id()
        message = MessageFront(
            message_id=message_id,
            front_id=FRONT.front_id,
            body=body,
            alert_id=alert_id,
            ref=message_id,
        )
        self.under_way[message_id] = watcher.saying[message_id] = message
        watcher.send(message)

    def reached(self, watcher: "Watcher", reach: MessageReach) -> None:
        """The control room is told how far a message has got."""
        message = self.under_way.get(reach.message_id) or self.told_stored.get(reach.message_id)
        if message is None:
            raise Broken("nobody hears what was not said", f"{watcher.device_id} did")
        if reach.stored:
            self.told_stored[reach.message_id] = message
            watcher.saying.pop(reach.message_id, None)

    def heard(self, client: "Client", message: FrontMessage) -> None:
        """A member is told something."""
        said = self.under_way.get(message.message_id)
        if client.device_id not in self._heard or said is None or said.body != message.body:
            raise Broken("nobody hears what was not said", f"{client.device_id} did")
        self._heard[client.device_id].add(message.message_id)
        if client.dice.random() < SHOWS_IT:
            client.send(MessageShown(message_id=message.message_id))

    def check(self, core: "Core") -> None:
        """In quiet: nothing is lost, all copies agree, and whoever should has heard."""
        box, disk = core.city.messages, self._world.disk
        stored = {name for name, row in disk.newest_messages.items() if row.entry.is_open}
        if stored != set(box.messages):
            raise Broken(KEPT, f"{stored ^ set(box.messages)} is in the log or the core alone")
        for message_id in self.told_stored:
            if message_id not in disk.newest_messages:
                raise Broken(KEPT, f"{message_id[-4:]} was told stored, and is not in the log")
            if message_id not in self._world.database.messages:
                raise Broken(KEPT, f"{message_id[-4:]} was told stored; PostgreSQL has it not")
        if len(box.messages) < min(len(self.told_stored), MESSAGES_PER_FRONT_MAX):
            raise Broken(KEPT, f"{len(self.told_stored)} were stored, {len(box.messages)} are here")
        for message in box.messages.values():
            alert = core.city.board.alerts.get(message.alert_id or "")
            is_of_use = message.alert_id is None or (alert is not None and alert.is_open)
            for name in MEMBERS if is_of_use else ():
                if name in self._world.clients and message.message_id not in self._heard[name]:
                    raise Broken(HEARD, f"{name} was never told {message.message_id[-4:]}")

"""Being woken: the addresses in PostgreSQL, the push side, and what it must never be told to do."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from dispatch.core.effects import DropPushAddress, Effect, KeepPushAddress, Record
from dispatch.core.facts import OFF_DUTY, FactKind
from dispatch.core.registry import Device
from protocol.limits import PUSH_ADDRESSES_MAX
from protocol.messages import AnyServerMessage, Push, PushAddress, PushGone, PushTarget
from protocol.vocabulary import PushKind
from tests.simulation.clients import Client
from tests.simulation.disk import Row
from tests.simulation.rules import Broken

if TYPE_CHECKING:
    from tests.simulation.world import World

PUSH_SIDE = "push"
NOT_OFF_DUTY = "nobody who went off duty is woken"
ONCE = "nobody is woken twice in one step"
ITS_OWN = "nobody is woken by an address that was withdrawn"
IS_GONE = 0.08
"""How often an address turns out to wake nobody any more."""
_STEPS = frozenset({FactKind.ESCALATED, FactKind.OWNER_LOST})


def address_of(device_id: str) -> PushAddress:
    """Return how a device's browser is woken."""
    return PushAddress(
        PushKind.WEBPUSH.value, f"https://push.example/{device_id}", "p" * 87, "a" * 22
    )


class Addresses:
    """What PostgreSQL keeps, by the rules of its table and triggers. Every change is announced."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._kept: dict[str, tuple[PushTarget, int]] = {}
        """device id -> its one address here, and when it was named."""

    def of(self, device_id: str) -> tuple[PushTarget, ...]:
        kept = self._kept.get(device_id)
        return () if kept is None else (kept[0],)

    def write(self, wanted: KeepPushAddress | DropPushAddress) -> None:
        """The core wants an address kept or forgotten: a while later, if PostgreSQL lives."""
        database = self._world.database
        takes_s = database.slow_s * self._world.dice.random() or 0.002
        self._world.agenda.after(takes_s, lambda: database.is_dead or self._commit(wanted))

    def drained(self, rows: Iterable[Row]) -> None:
        """Whoever went off duty is woken no more, unless it has named an address since."""
        now_ms = self._world.clock.moment().wall_ms
        for row in rows:
            entry = row.entry
            kept = self._kept.get(entry.device_id or "")
            if kept is None or entry.kind != FactKind.DUTY or entry.reason != OFF_DUTY:
                continue
            if kept[1] <= entry.at_ms or kept[1] > now_ms:
                self.forget(entry.device_id or "")

    def forget(self, device_id: str) -> None:
        """Its addresses are withdrawn."""
        if self._kept.pop(device_id, None) is not None:
            self._announce(device_id)

    def _commit(self, wanted: KeepPushAddress | DropPushAddress) -> None:
        device_id = wanted.device_id
        if isinstance(wanted, DropPushAddress):
            self.forget(device_id)
        elif (Device, device_id) in self._world.things:
            self._kept[device_id] = wanted.target, wanted.at_ms
            self._announce(device_id)

    def _announce(self, device_id: str) -> None:
        device = self._world.things.get((Device, device_id))
        if isinstance(device, Device):
            self._world.change(device)


class PushSide(Client):
    """Takes orders; some addresses turn out to be gone."""

    def heard(self, message: AnyServerMessage) -> None:
        if isinstance(message, Push) and self.dice.random() < IS_GONE:
            gone = message.targets[0].endpoint
            self.send(PushGone(device_id=message.device_id, endpoint=gone))


class Orders:
    """What one life of the core has heard of duty and steps, and whom it has had woken."""

    def __init__(self, rows: Iterable[Row]) -> None:
        """`rows` are what the disk kept of earlier lives."""
        self._off_duty = {}
        for row in rows:
            if row.entry.kind == FactKind.DUTY:
                self._off_duty[row.entry.device_id] = row.entry.reason == OFF_DUTY
        self._steps: Counter[str | None] = Counter()
        self._given: set[tuple[object, ...]] = set()

    def heard(self, effects: Iterable[Effect]) -> None:
        """Take the facts of one event."""
        for effect in effects:
            if type(effect) is not Record:
                continue
            fact = effect.fact
            if fact.kind is FactKind.DUTY:
                self._off_duty[fact.device_id] = fact.reason == OFF_DUTY
            elif fact.kind in _STEPS:
                self._steps[fact.alert_id] += 1

    def check(self, world: "World", order: Push) -> None:
        """Raise `Broken` where the push side is told to do what it must not."""
        device_id, alert_id = order.device_id, order.alert_id
        # A disk that failed may not know that it came back; the device itself does.
        is_back = world.clients[device_id].on_duty
        if order.stage is None and self._off_duty.get(device_id) and not is_back:
            raise Broken(NOT_OFF_DUTY, device_id)
        given = alert_id, device_id, order.stage, self._steps[alert_id]
        if given in self._given:
            raise Broken(ONCE, f"{device_id} for {alert_id[-4:]}")
        self._given.add(given)
        if len(order.targets) > PUSH_ADDRESSES_MAX:
            raise Broken("every queue is inside its limit", f"{len(order.targets)} addresses")
        if order.targets != world.addresses.of(device_id):
            raise Broken(ITS_OWN, device_id)

"""What must hold after every step, seen from where the effects are done."""

from typing import TYPE_CHECKING, Any

from dispatch.core.alert import Alert
from dispatch.core.deadlines import AT_ONCE_S
from dispatch.core.effects import Effect, Record, Send
from dispatch.core.limits import SIGNALS_PER_ALERT_REMEMBERED
from protocol.limits import NEIGHBOUR_QUADRANTS_MAX, REPORTS_SHOWN, SECONDARY_QUADRANTS_MAX
from protocol.messages import Push, Receipt
from tests.core.invariants import check_city, check_send
from tests.simulation import box_watch
from tests.simulation.disk import WAITING_ENTRIES_MAX
from tests.simulation.rules import Broken

if TYPE_CHECKING:
    from tests.simulation.core import Core
    from tests.simulation.world import World

NEVER_LOST = "no signal receipted as stored is ever missing"
NOT_STORED = "nobody is told stored before it is"
BOUNDED = "every queue is inside its limit"
REMINDERS_PER_ALERT = 16
PENDING_MAX = 5_000


class Witness:
    """Looks at everything, changes nothing."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._has_news = False

    def heard_facts(self, core: "Core", effects: list[Effect]) -> None:
        """Take the facts of one event, before its effects are done."""
        self._has_news |= bool(effects)
        box_watch.check_facts(self._world, core, effects)
        core.orders.heard(effects)
        now_s, alerts = self._world.clock.now_s, core.city.board.alerts
        for effect in effects:
            if type(effect) is Record:
                fact = effect.fact
                core.vigil.take(fact, alerts.get(fact.alert_id or ""), now_s)

    def is_sent(self, core: "Core", send: Send) -> None:
        """Look at a frame on its way out."""
        check_send(core.city, send)
        receipt = send.message
        if type(receipt) is Push:
            core.orders.check(self._world, receipt)
        if type(receipt) is not Receipt:
            return
        self._world.truth.check(receipt)
        if not receipt.stored:
            return
        signal_id, alert_id = receipt.signal_id, receipt.alert_id
        holder = self._world.database if self._world.held_by_database else self._world.disk
        if signal_id not in holder.presses:
            raise Broken(NOT_STORED, f"the sender of {signal_id[-4:]}")
        before = self._world.truth.told_stored.setdefault(signal_id, alert_id)
        if before in self._world.truth.forgotten:
            self._world.truth.told_stored[signal_id] = alert_id
        elif before != alert_id:
            rule = "a press that was stored stays in its alert"
            raise Broken(rule, f"{signal_id[-4:]} went from {before[-4:]} to {alert_id[-4:]}")

    def look(self, core: "Core | None") -> None:
        """Look at everything after a step."""
        if len(self._world.agenda) > PENDING_MAX:
            raise Broken(BOUNDED, f"{len(self._world.agenda)} things are pending")
        if core is None or not core.is_alive:
            return
        core.vigil.check_nothing_is_late(self._world.clock.now_s, core.awake_since_s)
        box_watch.check_nobody_is_missed(self._world, core)
        due_s = core.dispatcher.next_deadline_s()
        is_settled = due_s is None or due_s > AT_ONCE_S  # else the first tick is still to come
        if self._has_news and is_settled:
            self._has_news = False
            check_city(core.city)
            self._check_bounds(core)

    def check_nothing_is_missing(self, core: "Core") -> None:
        """Look for every press whose sender was told that it is stored."""
        board = core.city.board
        for signal_id, alert_id in self._world.truth.told_stored.items():
            alert = board.alerts.get(alert_id)
            if alert_id in self._world.truth.forgotten:
                continue
            if alert is None:
                raise Broken(NEVER_LOST, f"{signal_id[-4:]}: its alert {alert_id[-4:]} is gone")
            is_full = len(alert.presses) >= SIGNALS_PER_ALERT_REMEMBERED
            if not is_full and signal_id not in alert.presses:
                raise Broken(NEVER_LOST, f"{signal_id[-4:]} is not in {alert_id[-4:]}")

    def _check_bounds(self, core: "Core") -> None:
        city = core.city
        deadlines: Any = city.deadlines
        reminders, alerts = len(deadlines._heap), len(city.board.alerts)
        if reminders > REMINDERS_PER_ALERT * (alerts + 1):
            raise Broken(BOUNDED, f"{reminders} reminders of {alerts} alerts")
        if city.changed or city.unkept:
            raise Broken("what is changed is appended", f"{len(city.changed)} alerts are not")
        if max(core.log.waiting, core.keeper.waiting) > WAITING_ENTRIES_MAX:
            raise Broken(BOUNDED, f"{core.log.waiting}, {core.keeper.waiting} wait for the disk")
        for alert in city.board.open_alerts():
            _check_alert(alert)


def _check_alert(alert: Alert) -> None:
    is_inside = (
        len(alert.presses) <= SIGNALS_PER_ALERT_REMEMBERED
        and len(alert.folded) <= REPORTS_SHOWN
        and len(alert.secondary) <= SECONDARY_QUADRANTS_MAX
        and len(alert.neighbours) <= NEIGHBOUR_QUADRANTS_MAX
    )
    if not is_inside:
        raise Broken(BOUNDED, f"{alert.alert_id[-4:]} has grown too large")

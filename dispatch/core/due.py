"""What time does to alerts: updates held back, steps of escalation, patrols that do not arrive."""

from msgspec.structs import replace

from dispatch.core import sirens, supervision
from dispatch.core.alert import Alert
from dispatch.core.answer import AUTOMATIC, end, lose_owner
from dispatch.core.assign import widen
from dispatch.core.city import City
from dispatch.core.effects import Effect
from dispatch.core.escalation import take_steps
from dispatch.core.facts import FactKind
from dispatch.core.limits import ARRIVAL_GRACE_MIN_S
from dispatch.core.moment import Moment
from dispatch.core.tell import note, receipts, ring, tell
from protocol.vocabulary import AlertState, Outcome, Step

OVERDUE = "arrival_overdue"
SHUT_OUT = "revoked"
"""While the core was away: it would have been told otherwise."""


def pass_time(city: City, now: Moment) -> list[Effect]:
    """Do what has been due for longest, of one alert: a press need not wait for the others.

    The kit has its turn while no alert is due. Whoever calls calls again while something is due. A
    failure over one alert is its alone.
    """
    alert_id = city.deadlines.take_due(now.mono_s)
    alert = city.board.alerts.get(alert_id or "")
    effects: list[Effect] = []
    if alert is not None:
        look_at = _look_at if alert.is_open else sirens.time_passed
        effects = look_at(city, alert, now)
        city.deadlines.remind(alert.due_s, alert.alert_id)
    elif alert_id is None:
        effects = supervision.pass_time(city, now)
    for forgotten in city.board.forget_old(now.mono_s):
        sirens.forgotten(city, forgotten)
    return effects


def _look_at(city: City, alert: Alert, now: Moment) -> list[Effect]:
    if alert.owner is not None and not city.presence.is_on_duty(alert.owner.device_id):
        return lose_owner(city, alert, now, SHUT_OUT)
    if alert.escalate_at_s is not None and alert.escalate_at_s <= now.mono_s:
        return escalate(city, alert, now)
    if _is_overdue(alert, now):
        return _insist_on_arrival(city, alert, now)
    if alert.tell_at_s is not None and alert.tell_at_s <= now.mono_s:
        return tell(city, alert, now)
    if alert.keep_at_s is not None and alert.keep_at_s <= now.mono_s:
        city.changed[alert.alert_id] = alert
    return sirens.time_passed(city, alert, now)


def escalate(city: City, alert: Alert, now: Moment) -> list[Effect]:
    """Take the steps that are due: call again, call further, call higher. Late, it rings once."""
    steps = take_steps(alert, now.mono_s)
    if not steps:
        closed = end(city, alert, Outcome.TEST, now)
        return [*closed, note(FactKind.CLOSED, alert, now, AUTOMATIC)]
    if Step.WIDENED in steps:
        city.board.lift(alert)
        widen(alert)
        city.board.place(alert)
    if Step.SUPERVISORS in steps:
        alert.supervisors = True
    return [
        *tell(city, alert, now),
        *ring(city, alert),
        *(note(FactKind.ESCALATED, alert, now, step) for step in steps),
    ]


def _is_overdue(alert: Alert, now: Moment) -> bool:
    owner = alert.owner
    return owner is not None and alert.state is AlertState.ACCEPTED and owner.due_s <= now.mono_s


def _insist_on_arrival(city: City, alert: Alert, now: Moment) -> list[Effect]:
    """Accepted and not arrived is not answered: the control room is called, another may take it."""
    owner = alert.owner
    assert owner is not None, "only an owner can be overdue"  # noqa: S101
    alert.owner = replace(owner, overdue=True, due_s=now.mono_s + ARRIVAL_GRACE_MIN_S)
    alert.control_room = True
    return [
        *tell(city, alert, now),
        *ring(city, alert),
        *receipts(city, alert),
        note(FactKind.ESCALATED, alert, now, OVERDUE, owner.device_id),
    ]

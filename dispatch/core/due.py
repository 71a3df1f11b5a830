"""What time does to alerts: updates held back, steps of escalation, patrols that do not arrive."""

import math

from msgspec.structs import replace

from dispatch.core import message, push, rouse, sirens, supervision
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
    """Do what has been due for longest, of one alert or one front: a press need not wait for all.

    Those who sleep have their turn while neither is due, then messages to fronts, then the kit.
    Whoever calls calls again while something is due. A failure over one alert is its alone.
    """
    alert_s, front_s = city.deadlines.next_s(), rouse.next_s(city)
    push_s, message_s = city.push_deadlines.next_s(), message.next_s(city)
    if alert_s is not None and alert_s <= min(now.mono_s, math.inf if front_s is None else front_s):
        effects = _look_at_next(city, now)
    elif front_s is not None and front_s <= now.mono_s:
        effects = rouse.pass_time(city, now)
    elif push_s is not None and push_s <= now.mono_s:
        effects = push.pass_time(city, now)
    elif message_s is not None and message_s <= now.mono_s:
        effects = message.pass_time(city, now)
    else:
        effects = supervision.pass_time(city, now)
    for forgotten in city.board.forget_old(now.mono_s):
        sirens.forgotten(city, forgotten)
    return effects


def _look_at_next(city: City, now: Moment) -> list[Effect]:
    alert = city.board.alerts.get(city.deadlines.take_due(now.mono_s) or "")
    if alert is None or not alert.is_open:
        return []
    effects = _look_at(city, alert, now)
    city.deadlines.remind(alert.due_s, alert.alert_id)
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
    return []


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
        *ring(city, alert, now),
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
        *ring(city, alert, now),
        *receipts(city, alert),
        note(FactKind.ESCALATED, alert, now, OVERDUE, owner.device_id),
    ]

"""What a patrol, or the control room, does with an alert: delivered, accept, arrive, close."""

import dataclasses

from msgspec.structs import replace

from dispatch.core.alert import Alert, Owner
from dispatch.core.assign import assign
from dispatch.core.authorise import Denial, may_touch
from dispatch.core.budget import forget_stages, reach_stage
from dispatch.core.city import City
from dispatch.core.effects import Effect, Record, Send
from dispatch.core.escalation import arm, arrival_deadline_s, disarm
from dispatch.core.facts import Fact, FactKind
from dispatch.core.fanout import concerns
from dispatch.core.lifecycle import AlertEvent, advance
from dispatch.core.moment import Moment
from dispatch.core.push import tell_senders_soon
from dispatch.core.registry import Device
from dispatch.core.rouse import hush_soon
from dispatch.core.tell import deny, keep_soon, note, receipts, ring, show, tell
from protocol.messages import Accept, Arrive, Assign, Close, Command, Delivered
from protocol.vocabulary import Action, AlertState, Outcome, Role

AUTOMATIC = "automatic"
"""The reason on record for what no person decided."""
ASSIGNED = "assigned"
"""The reason on record for an acceptance that the control room wrote down."""


def delivered(city: City, device: Device, message: Delivered, now: Moment) -> list[Effect]:
    """A handheld shows the alert: the sender may know. Screens of the control room do not count."""
    alert = city.board.alerts.get(message.alert_id)
    if alert is None or not concerns(alert, device):
        denial = Denial.UNKNOWN_ALERT if alert is None else Denial.NOT_YOUR_ALERT
        return deny(device.device_id, message, denial, now, message.alert_id)
    if device.role is not Role.PATROL or device.device_id in alert.delivered or not alert.is_open:
        return []
    keep_soon(city, alert, now)
    alert.delivered[device.device_id] = None
    took_ms = reach_stage(alert, "delivered", now.wall_ms)
    fact = Fact(
        FactKind.DELIVERED,
        now.wall_ms,
        device_id=device.device_id,
        alert_id=alert.alert_id,
        took_ms=took_ms if len(alert.delivered) == 1 else None,
    )
    effects: list[Effect] = [Record(fact)]
    if alert.owner is None:
        effects += receipts(city, alert)
    return effects


def accept(city: City, device: Device, message: Accept, now: Moment) -> list[Effect]:
    """The patrol becomes the owner, the one that is shown to all. Again: it changes its ETA."""
    alert = _touched(city, device, message)
    if isinstance(alert, Denial):
        return deny(device.device_id, message, alert, now, message.alert_id)
    if alert.state is AlertState.ON_SCENE:
        return show(city, alert, device.device_id, now)
    _own(city, alert, device, message.eta_s, now)
    return [
        *tell(city, alert, now),
        *receipts(city, alert),
        note(FactKind.ACCEPTED, alert, now, device_id=device.device_id),
    ]


def give(city: City, device: Device, message: Assign, now: Moment) -> list[Effect]:
    """The control room makes a patrol the owner, and has its handheld ring."""
    alert = _touched(city, device, message)
    if isinstance(alert, Denial):
        return deny(device.device_id, message, alert, now, message.alert_id)
    patrol = city.registry.devices.get(message.device_id)
    if patrol is None or patrol.role is not Role.PATROL:
        return deny(device.device_id, message, Denial.NOT_ON_CALL, now, alert.alert_id)
    if not city.presence.is_here(patrol.device_id):
        return deny(device.device_id, message, Denial.NOT_ON_CALL, now, alert.alert_id)
    if alert.state is AlertState.ON_SCENE:
        return deny(device.device_id, message, Denial.ALREADY_OWNED, now, alert.alert_id)
    _own(city, alert, patrol, message.eta_s, now)
    ringing = Command(action=Action.RING, alert_id=alert.alert_id)
    return [
        *tell(city, alert, now),
        Send((patrol.device_id,), ringing),
        *receipts(city, alert),
        note(FactKind.ASSIGNED, alert, now, device_id=device.device_id),
        note(FactKind.ACCEPTED, alert, now, ASSIGNED, patrol.device_id),
    ]


def arrive(city: City, device: Device, message: Arrive, now: Moment) -> list[Effect]:
    """The owner is at the place. Whoever arrives first at an alert without owner owns it."""
    alert = _touched(city, device, message)
    if isinstance(alert, Denial):
        return deny(device.device_id, message, alert, now, message.alert_id)
    if alert.state is AlertState.ON_SCENE:
        return show(city, alert, device.device_id, now)
    owner = alert.owner or _own(city, alert, device, 0, now)
    alert.owner = replace(owner, overdue=False)
    alert.state = advance(alert.state, AlertEvent.ARRIVE)
    reach_stage(alert, "arrived", now.wall_ms)
    tell_senders_soon(city, alert, now)
    return [
        *tell(city, alert, now),
        *receipts(city, alert),
        note(FactKind.ARRIVED, alert, now, device_id=device.device_id),
    ]


def close(city: City, device: Device, message: Close, now: Moment) -> list[Effect]:
    """The owner, or the control room, ends the alert and says what it was."""
    alert = _touched(city, device, message)
    if isinstance(alert, Denial):
        return deny(device.device_id, message, alert, now, message.alert_id)
    effects = end(city, alert, message.outcome, now, note_text=message.note)
    effects.append(note(FactKind.CLOSED, alert, now, message.outcome, device.device_id))
    if message.outcome is Outcome.FALSE_ALARM:
        effects.append(_mark_sender(city, alert, now))
    return effects


def end(
    city: City, alert: Alert, outcome: Outcome, now: Moment, *, note_text: str = ""
) -> list[Effect]:
    """Close an open alert and tell everyone who was told of it."""
    alert.state = advance(alert.state, AlertEvent.CLOSE)
    alert.outcome = outcome
    alert.note = note_text
    alert.closed_at_s = now.mono_s
    alert.stages.closed_at_ms = now.wall_ms
    alert.escalate_at_s = None
    city.board.close(alert)
    hush_soon(city, alert, now)
    tell_senders_soon(city, alert, now)
    return [*tell(city, alert, now), *receipts(city, alert)]


def lose_owner(city: City, alert: Alert, now: Moment, reason: str) -> list[Effect]:
    """Nobody answers any more: it is everyone's again, at once, and escalates from the start."""
    alert.owner = None
    alert.state = advance(alert.state, AlertEvent.OWNER_LOST)
    forget_stages(alert, "accepted", "arrived")
    city.board.lift(alert)
    assign(alert, city.presence, alert.quadrants)
    city.board.place(alert)
    arm(alert, now.mono_s)
    tell_senders_soon(city, alert, now)
    city.deadlines.remind(alert.escalate_at_s, alert.alert_id)
    return [
        *tell(city, alert, now),
        *ring(city, alert, now),
        *receipts(city, alert),
        note(FactKind.OWNER_LOST, alert, now, reason),
    ]


def _touched(
    city: City, device: Device, message: Accept | Arrive | Assign | Close
) -> Alert | Denial:
    alert = city.board.alerts.get(message.alert_id)
    if alert is None:
        return Denial.UNKNOWN_ALERT
    on_duty = city.presence.is_on_duty(device.device_id)
    return may_touch(device, on_duty, alert, message) or alert


def _own(city: City, alert: Alert, device: Device, eta_s: int | None, now: Moment) -> Owner:
    owner = Owner(device.device_id, eta_s, now.mono_s + arrival_deadline_s(eta_s))
    alert.owner = owner
    alert.state = advance(alert.state, AlertEvent.ACCEPT)
    disarm(alert)
    reach_stage(alert, "accepted", now.wall_ms)
    tell_senders_soon(city, alert, now)
    city.deadlines.remind(owner.due_s, alert.alert_id)
    return owner


def _mark_sender(city: City, alert: Alert, now: Moment) -> Effect:
    """Count a false alarm against its person (or a device that is nobody's). It silences no one."""
    device = city.registry.devices.get(alert.device_id)
    person = city.registry.people.get((device.person_id or "") if device else "")
    if person is not None:
        city.registry.apply(dataclasses.replace(person, false_alarms=person.false_alarms + 1))
    elif device is not None:
        city.registry.apply(dataclasses.replace(device, false_alarms=device.false_alarms + 1))
    fact = Fact(
        FactKind.FALSE_ALARM,
        now.wall_ms,
        device_id=alert.device_id,
        alert_id=alert.alert_id,
        person_id=person.person_id if person else None,
    )
    return Record(fact)

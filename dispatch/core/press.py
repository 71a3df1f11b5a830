"""The way of one press: verify, deduplicate, locate, assign, arm escalation, fan out, receipt."""

from dataclasses import dataclass

from dispatch.core.alert import Alert, Folded, Press, StageTimes
from dispatch.core.assign import Assignment, assign
from dispatch.core.authorise import Denial
from dispatch.core.budget import reach_stage
from dispatch.core.city import City
from dispatch.core.dedupe import Judgement, judge
from dispatch.core.effects import Effect
from dispatch.core.escalation import arm
from dispatch.core.facts import FactKind
from dispatch.core.limits import OPEN_ALERTS_MAX
from dispatch.core.moment import Moment
from dispatch.core.registry import Device
from dispatch.core.tell import deny, note, receipt, receipts, tell, tell_soon
from dispatch.core.view import quadrant_view
from dispatch.core.whereabouts import LastKnown, Point, is_usable, place, whereabouts
from protocol.limits import NEIGHBOUR_QUADRANTS_MAX, REPORTS_SHOWN, SECONDARY_QUADRANTS_MAX
from protocol.messages import Cancel, PositionReport, Signal
from protocol.vocabulary import Kind, Role, Urgency, Verdict


@dataclass(frozen=True, slots=True)
class Heard:
    """One signal: who spoke, which device was pressed, where that is as far as we know."""

    speaker: Device
    sender: Device
    signal: Signal
    point: Point | None
    received_at_ms: int


def press(
    city: City, speaker: Device, signal: Signal, received_at_ms: int, now: Moment
) -> list[Effect]:
    """Take one signal all the way to the handhelds.

    Escalation is armed just before the fan-out, so that the frame can say when it is due.
    """
    sender = _verify(city, speaker, signal)
    if isinstance(sender, Denial):
        return deny(speaker.device_id, signal, sender, now)
    heard = Heard(speaker, sender, signal, _point(city, sender, signal, now), received_at_ms)

    judgement = judge(city.board, sender.device_id, signal, heard.point, now.mono_s)
    if judgement.verdict is not Verdict.FIRST:
        return _known(city, heard, judgement, now)
    if city.board.open_count >= OPEN_ALERTS_MAX:
        return deny(speaker.device_id, signal, Denial.OVERLOADED, now)

    alert = _locate(city, heard, now)
    _assign(city, alert)
    arm(alert, now.mono_s)
    city.deadlines.remind(alert.escalate_at_s, alert.alert_id)
    city.board.add(alert)
    city.board.join(alert, _press(heard, Verdict.FIRST, now))
    return [
        *tell(city, alert, now, first=True),
        *receipts(city, alert),
        note(FactKind.SIGNAL, alert, now, Verdict.FIRST, sender.device_id),
        note(FactKind.DISPATCHED, alert, now, alert.reach),
    ]


def cancel(city: City, speaker: Device, message: Cancel, now: Moment) -> list[Effect]:
    """Show the patrol that the sender takes it back. Nothing else changes: it may be duress."""
    alert = city.board.by_signal(message.signal_id)
    if alert is None:
        return deny(speaker.device_id, message, Denial.UNKNOWN_ALERT, now, message.signal_id)
    pressed = alert.presses[message.signal_id]
    sender = city.registry.devices.get(pressed.device_id)
    if sender is None or not _speaks_for(speaker, sender):
        return deny(speaker.device_id, message, Denial.NOT_YOUR_ALERT, now, message.signal_id)
    is_first_time = alert.is_open and alert.cancel_requested_at_ms is None
    if not is_first_time or sender.device_id != alert.device_id:
        return receipt(city, alert, pressed)
    alert.cancel_requested_at_ms = now.wall_ms
    return [
        *tell(city, alert, now),
        *receipts(city, alert),
        note(FactKind.CANCEL_ASKED, alert, now, device_id=sender.device_id),
    ]


def moved(city: City, device: Device, message: PositionReport, now: Moment) -> list[Effect]:
    """Keep where a device is; the alert that it raised moves with it."""
    if not is_usable(message.position):
        return []
    city.last_known[device.device_id] = LastKnown(message.position, now.mono_s)
    fix = message.position
    point = Point(fix.lat, fix.lon, fix.accuracy_m, fix.age_s)
    effects: list[Effect] = []
    for alert in city.board.open_of_device(device.device_id):
        if alert.device_id == device.device_id:
            _move(city, alert, point)
            effects += tell_soon(city, alert, now)
    return effects


def _verify(city: City, speaker: Device, signal: Signal) -> Device | Denial:
    """Find the device that was pressed: the one that speaks, or one behind a gateway."""
    if signal.source_device_id is None:
        return Denial.ROLE if speaker.role is Role.GATEWAY else speaker
    source = city.registry.devices.get(signal.source_device_id)
    if source is None or source.revoked or not _speaks_for(speaker, source):
        return Denial.NOT_BEHIND_GATEWAY
    return source


def _speaks_for(speaker: Device, sender: Device) -> bool:
    return speaker.device_id in (sender.device_id, sender.gateway_id)


def _point(city: City, sender: Device, signal: Signal, now: Moment) -> Point | None:
    if signal.position is not None and is_usable(signal.position):
        city.last_known[sender.device_id] = LastKnown(signal.position, now.mono_s)
    last_known = city.last_known.get(sender.device_id)
    return whereabouts(signal.position, last_known, sender, city.registry, now.mono_s)


def _locate(city: City, heard: Heard, now: Moment) -> Alert:
    """Raise the alert, at its place and in its quadrant."""
    signal, sender = heard.signal, heard.sender
    edition = city.registry.locator.edition
    located = place(heard.point, city.registry.locator)
    code = located.location.quadrant
    alert = Alert(
        alert_id=signal.signal_id,
        kind=signal.kind,
        device_id=sender.device_id,
        front_id=sender.front_id,
        place=located,
        quadrant_view=quadrant_view(edition, code),
        around=edition.neighbours.get(code or "", ()),
        last_signal_s=now.mono_s,
        stages=StageTimes(pressed_at_ms=signal.pressed_at_ms),
        urgency=Urgency.LOW if signal.kind is Kind.TEST else Urgency.NORMAL,
    )
    reach_stage(alert, "received", heard.received_at_ms)
    return alert


def _press(heard: Heard, verdict: Verdict, now: Moment) -> Press:
    signal = heard.signal
    return Press(signal.signal_id, heard.sender.device_id, signal.kind, verdict, now.mono_s)


def _assign(city: City, alert: Alert) -> None:
    assignment: Assignment = assign(
        alert.place.location, alert.around, city.presence, drill=alert.kind is Kind.TEST
    )
    alert.reach = assignment.reach
    alert.secondary = assignment.secondary
    alert.neighbours = assignment.neighbours
    alert.control_room = assignment.control_room


def _known(city: City, heard: Heard, judgement: Judgement, now: Moment) -> list[Effect]:
    """Answer a signal of an emergency that is up already."""
    alert, verdict = judgement.alert, judgement.verdict
    signal, sender = heard.signal, heard.sender
    if alert is None or verdict is None:
        speaker_id = heard.speaker.device_id
        return deny(speaker_id, signal, Denial.SIGNAL_ID_CONFLICT, now, signal.signal_id)
    if verdict is Verdict.RETRANSMISSION:
        effects = receipt(city, alert, alert.presses[signal.signal_id])
    else:
        pressed = _fold(city, alert, heard, verdict, now)
        effects = tell_soon(city, alert, now) + receipt(city, alert, pressed)
    return [*effects, note(FactKind.SIGNAL, alert, now, verdict, sender.device_id)]


def _fold(city: City, alert: Alert, heard: Heard, verdict: Verdict, now: Moment) -> Press:
    """Join a further signal to its alert, with its own person and place."""
    pressed = _press(heard, verdict, now)
    city.board.join(alert, pressed)
    alert.signals_total += 1
    alert.last_signal_s = now.mono_s
    own_place = place(heard.point, city.registry.locator)
    folded = Folded(pressed, own_place, heard.received_at_ms)
    alert.folded = [*alert.folded, folded][-REPORTS_SHOWN:]
    alert.urgency = _louder(alert, verdict)
    point = heard.point
    if heard.sender.device_id == alert.device_id and point is not None and point.source is None:
        _move(city, alert, point)
    return pressed


def _louder(alert: Alert, verdict: Verdict) -> Urgency:
    if alert.kind is Kind.TEST:
        return Urgency.LOW
    if verdict is Verdict.CORROBORATION or alert.urgency is Urgency.CRITICAL:
        return Urgency.CRITICAL
    return Urgency.HIGH


def _move(city: City, alert: Alert, point: Point) -> None:
    """Put the alert where its sender is now; whoever was told of it before stays told."""
    city.board.lift(alert)
    was_in = alert.quadrants
    edition = city.registry.locator.edition
    alert.place = place(point, city.registry.locator)
    if alert.quadrants[:1] != was_in[:1]:
        alert.quadrant_view = quadrant_view(edition, alert.quadrant)
        alert.around = edition.neighbours.get(alert.quadrant or "", ())
        _assign_again(city, alert, was_in)
    city.board.place(alert)


def _assign_again(city: City, alert: Alert, was_in: tuple[str, ...]) -> None:
    was_called = alert.control_room
    _assign(city, alert)
    alert.control_room = alert.control_room or was_called
    told = dict.fromkeys((*alert.secondary, *was_in, *alert.neighbours))
    told.pop(alert.quadrant or "", None)
    beside = tuple(told)
    alert.secondary = beside[:SECONDARY_QUADRANTS_MAX]
    alert.neighbours = beside[SECONDARY_QUADRANTS_MAX:][:NEIGHBOUR_QUADRANTS_MAX]

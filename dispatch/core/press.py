"""The way of one press: verify, deduplicate, locate, assign, arm escalation, fan out, receipt."""

from msgspec import Struct

from dispatch.core import patrols, push, rouse
from dispatch.core.alert import Alert, Folded, Press, StageTimes
from dispatch.core.assign import assign
from dispatch.core.authorise import Denial
from dispatch.core.budget import reach_stage
from dispatch.core.city import City
from dispatch.core.dedupe import Judgement, judge
from dispatch.core.effects import Effect
from dispatch.core.escalation import arm
from dispatch.core.facts import FactKind
from dispatch.core.limits import OPEN_ALERTS_MAX
from dispatch.core.moment import Moment
from dispatch.core.registry import SPEAK_FOR_OTHERS, Device, speaks_for
from dispatch.core.tell import deny, hear_of, note, receipt, receipts, tell, tell_soon
from dispatch.core.view import quadrant_view
from dispatch.core.whereabouts import LastKnown, Point, is_usable, is_vaguer, place, whereabouts
from protocol.limits import REPORTS_SHOWN
from protocol.messages import Cancel, PositionReport, Signal
from protocol.vocabulary import Kind, Role, Urgency, Verdict


class Heard(Struct, frozen=True, gc=False):
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
    if speaker.role is Role.CONSOLE:
        hear_of(city, speaker, signal.signal_id)
    last_known = city.last_known.get(sender.device_id)
    point = whereabouts(signal.position, last_known, sender, city.registry, now.mono_s)
    heard = Heard(speaker, sender, signal, point, received_at_ms)

    judgement = judge(city.board, sender.device_id, signal, point, now.mono_s)
    if judgement.verdict is not Verdict.FIRST:
        return _known(city, heard, judgement, now)
    if city.board.open_count >= OPEN_ALERTS_MAX:
        return deny(speaker.device_id, signal, Denial.OVERLOADED, now)

    alert = _locate(city, heard, now)
    assign(alert, city.presence)
    arm(alert, now.mono_s)
    city.deadlines.remind(alert.escalate_at_s, alert.alert_id)
    city.board.add(alert)
    _join(city, alert, heard, Verdict.FIRST, now)
    if alert.front_id is not None:
        rouse.rouse_soon(city, alert, signal.kind, now)
    push.call_soon(city, alert, now)
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
    if sender is None or not speaks_for(speaker, sender):
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
    if device.role is Role.PATROL:
        return patrols.moved(city, device, now)
    for alert in city.board.open_of_device(device.device_id):
        if alert.device_id == device.device_id:
            was_in = alert.quadrant_view
            _move(city, alert, point)
            effects += tell_soon(city, alert, now)
            if alert.quadrant_view != was_in:
                effects += receipts(city, alert)
                push.call_further_soon(city, alert, now)
    return effects


def _verify(city: City, speaker: Device, signal: Signal) -> Device | Denial:
    """Find the device that was pressed: the one that speaks, or one behind a gateway."""
    if speaker.role not in SPEAK_FOR_OTHERS:
        return speaker
    if signal.source_device_id is None:
        return Denial.ROLE
    source = city.registry.devices.get(signal.source_device_id)
    if source is None or source.revoked or not speaks_for(speaker, source):
        return Denial.NOT_BEHIND_GATEWAY
    return source


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


def _known(city: City, heard: Heard, judgement: Judgement, now: Moment) -> list[Effect]:
    """Answer a signal of an emergency that is up already."""
    alert, verdict = judgement.alert, judgement.verdict
    signal, sender = heard.signal, heard.sender
    if alert is None or verdict is None:
        speaker_id = heard.speaker.device_id
        return deny(speaker_id, signal, Denial.SIGNAL_ID_CONFLICT, now, signal.signal_id)
    if verdict is Verdict.RETRANSMISSION:
        if signal.signal_id in alert.unstored:
            _keep(city, alert, signal.signal_id)  # it failed, or is on its way: once more is safe
        effects = receipt(city, alert, alert.presses[signal.signal_id])
    else:
        effects = _fold(city, alert, heard, verdict, now)
    return [*effects, note(FactKind.SIGNAL, alert, now, verdict, sender.device_id)]


def _fold(city: City, alert: Alert, heard: Heard, verdict: Verdict, now: Moment) -> list[Effect]:
    """Join a further signal to its alert, with its own person and place."""
    was_in, were_told = alert.quadrant_view, alert.quadrants
    pressed = _join(city, alert, heard, verdict, now)
    point = heard.point
    own_place = place(point, city.registry.locator)
    folded = Folded(pressed, own_place, heard.received_at_ms)
    alert.folded = [*alert.folded, folded][-REPORTS_SHOWN:]
    alert.signals_total += 1
    alert.urgency = _louder(alert, verdict)
    if heard.sender.device_id != alert.device_id:
        _tell_quadrant(city, alert, own_place.location.quadrant)
    else:
        alert.cancel_requested_at_ms = None  # whoever presses again calls for help again
        if point is not None and point.source is None:
            _move(city, alert, point)
    if alert.front_id is None and heard.sender.front_id is not None:
        alert.front_id = heard.sender.front_id
        rouse.rouse_soon(city, alert, heard.signal.kind, now)
    alert.receipt_version += 1
    is_further = alert.quadrants != were_told
    is_new_to_some = verdict is Verdict.CORROBORATION and is_further
    told = tell(city, alert, now) if is_new_to_some else tell_soon(city, alert, now)
    if is_further:
        push.call_further_soon(city, alert, now)
    if alert.quadrant_view != was_in:
        return told + receipts(city, alert)
    return told + receipt(city, alert, pressed)


def _join(city: City, alert: Alert, heard: Heard, verdict: Verdict, now: Moment) -> Press:
    """Remember a press as one of this alert, and where its sender was."""
    signal, sender = heard.signal, heard.sender
    pressed = Press(signal.signal_id, sender.device_id, signal.kind, verdict, now.mono_s)
    city.board.join(alert, pressed)
    _keep(city, alert, pressed.signal_id)
    alert.last_signal_s = now.mono_s
    if signal.position is not None and is_usable(signal.position):
        city.last_known[sender.device_id] = LastKnown(signal.position, now.mono_s)
    return pressed


def _keep(city: City, alert: Alert, signal_id: str) -> None:
    """Have the journal keep a press, and its sender told once it does."""
    alert.unstored.setdefault(signal_id, False)
    city.changed[alert.alert_id] = alert
    city.unkept[alert.alert_id, signal_id] = None


def _louder(alert: Alert, verdict: Verdict) -> Urgency:
    if alert.kind is Kind.TEST:
        return Urgency.LOW
    if verdict is Verdict.CORROBORATION or alert.urgency is Urgency.CRITICAL:
        return Urgency.CRITICAL
    return Urgency.HIGH


def _tell_quadrant(city: City, alert: Alert, quadrant: str | None) -> None:
    """Whoever presses across the street from an alert is heard by their own quadrant as well."""
    if quadrant is None or quadrant in alert.quadrants or alert.kind is Kind.TEST:
        return
    city.board.lift(alert)
    assign(alert, city.presence, (quadrant, *alert.quadrants))
    city.board.place(alert)


def _move(city: City, alert: Alert, point: Point) -> None:
    """Put the alert where its sender is now; whoever was told of it before stays told."""
    if is_vaguer(point, alert.place):
        return
    were_told = alert.quadrants
    city.board.lift(alert)
    locator = city.registry.locator
    alert.place = place(point, locator)
    alert.quadrant_view = quadrant_view(locator.edition, alert.quadrant)
    alert.around = locator.edition.neighbours.get(alert.quadrant or "", ())
    assign(alert, city.presence, were_told)
    city.board.place(alert)

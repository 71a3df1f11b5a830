"""Telling people: alerts to those who answer, receipts to those who called, denials to whoever."""

from dispatch.core import push
from dispatch.core.alert import Alert, Press
from dispatch.core.authorise import TOLD_AS, Denial
from dispatch.core.budget import reach_stage
from dispatch.core.city import City
from dispatch.core.effects import Effect, Record, Send
from dispatch.core.facts import Fact, FactKind
from dispatch.core.fanout import audience, called
from dispatch.core.lifecycle import AlertEvent, advance
from dispatch.core.limits import KEEP_WITHIN_S, SPOKEN_FOR_MAX, UPDATE_INTERVAL_S
from dispatch.core.moment import Moment
from dispatch.core.registry import Device
from dispatch.core.view import alert_view, receipt_view
from dispatch.core.words import ERROR
from protocol.messages import AnyClientMessage, Command, Error
from protocol.vocabulary import Action, AlertState


def tell(city: City, alert: Alert, now: Moment, *, first: bool = False) -> list[Effect]:
    """Send the alert's whole state, as a new version, to everyone who answers or watches it."""
    recipients = audience(alert, city.presence)
    city.changed[alert.alert_id] = alert
    alert.version += 1
    alert.told_at_s = now.mono_s
    alert.tell_at_s = None
    return _send(city, alert, recipients, now, first=first) if recipients else []


def show(city: City, alert: Alert, device_id: str, now: Moment) -> list[Effect]:
    """Send the alert as it is to one device that may not know it."""
    return _send(city, alert, (device_id,), now)


def tell_soon(city: City, alert: Alert, now: Moment) -> list[Effect]:
    """Tell now, or as soon as `UPDATE_INTERVAL_S` since the last time allows.

    A device that floods its alert costs its patrol one frame a second, not one a press.
    """
    city.changed[alert.alert_id] = alert
    due_s = alert.told_at_s + UPDATE_INTERVAL_S
    if now.mono_s >= due_s:
        return tell(city, alert, now)
    if alert.tell_at_s is None:
        alert.tell_at_s = due_s
        city.deadlines.remind(due_s, alert.alert_id)
    return []


def keep_soon(city: City, alert: Alert, now: Moment) -> None:
    """Have the journal keep what the alert has become, together with what else becomes of it soon.

    For what is told again after a crash by those who said it, as handhelds do that show an alert.
    """
    if alert.keep_at_s is None:
        alert.keep_at_s = now.mono_s + KEEP_WITHIN_S
        city.deadlines.remind(alert.keep_at_s, alert.alert_id)


def ring(city: City, alert: Alert, now: Moment) -> list[Effect]:
    """Make those who are called sound again, and wake those of them who are not here."""
    rung = called(alert, city.presence)
    sound = Send(rung, Command(action=Action.RING, alert_id=alert.alert_id))
    push.call_soon(city, alert, now)
    return [sound] if rung else []


def receipts(city: City, alert: Alert) -> list[Effect]:
    """Tell everyone who called for help in this alert how far it has got."""
    alert.receipt_version += 1
    return [
        effect for press in alert.last_press_of.values() for effect in receipt(city, alert, press)
    ]


def receipt(city: City, alert: Alert, press: Press) -> list[Effect]:
    """Tell one sender of one press: the device, and whoever may speak for it."""
    told = listeners(city, press)
    if not told:
        return []
    reached_anyone = alert.state is not AlertState.RAISED
    view = receipt_view(alert, city.registry, press, reached_anyone=reached_anyone)
    return [Send(told, view)]


def hear_of(city: City, console: Device, said_id: str) -> None:
    """Have a console told of a press, or a message to a front, that came through it."""
    if len(city.spoken_for) >= SPOKEN_FOR_MAX:
        del city.spoken_for[next(iter(city.spoken_for))]
    city.spoken_for[said_id] = console.device_id


def listeners(city: City, press: Press) -> tuple[str, ...]:
    """Return who is connected of those that hear about a press."""
    device = city.registry.devices.get(press.device_id)
    gateway_id = None if device is None else device.gateway_id
    return tuple(
        listener
        for listener in (press.device_id, gateway_id, city.spoken_for.get(press.signal_id))
        if listener is not None and listener in city.presence.session_of
    )


def deny(
    device_id: str,
    message: AnyClientMessage,
    denial: Denial,
    now: Moment,
    alert_id: str | None = None,
) -> list[Effect]:
    """Refuse, say so to the device, and put it on the record."""
    code = TOLD_AS[denial]
    about = message.__struct_config__.tag
    error = Error(
        code=code,
        text=ERROR[code],
        about=about if isinstance(about, str) else None,
        ref=message.ref,
        alert_id=alert_id,
    )
    fact = Fact(FactKind.DENIED, now.wall_ms, denial, device_id=device_id, alert_id=alert_id)
    return [Send((device_id,), error), Record(fact)]


def _sent(city: City, alert: Alert, recipients: tuple[str, ...], now: Moment) -> Send:
    first_of = alert.alert_id if alert.stages.sent_at_ms is None else None
    return Send(recipients, alert_view(alert, city.registry, now, city.picture_key), first_of)


def _send(
    city: City, alert: Alert, recipients: tuple[str, ...], now: Moment, *, first: bool = False
) -> list[Effect]:
    """Send, and take back what the senders were told if it was that nobody is there."""
    was_unheard = alert.state is AlertState.RAISED and not first
    if alert.is_open:
        alert.state = advance(alert.state, AlertEvent.SENT)
    if was_unheard:
        city.changed[alert.alert_id] = alert
        reach_stage(alert, "sent", now.wall_ms)
    view = alert_view(alert, city.registry, now, city.picture_key)
    sent = Send(recipients, view, first_of=alert.alert_id if first else None)
    return [sent, *receipts(city, alert)] if was_unheard else [sent]


def note(
    kind: FactKind, alert: Alert, now: Moment, reason: str = "", device_id: str | None = None
) -> Record:
    """Make a record about an alert."""
    return Record(Fact(kind, now.wall_ms, reason, device_id=device_id, alert_id=alert.alert_id))

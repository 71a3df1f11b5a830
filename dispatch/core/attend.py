"""Devices that come and go, go on and off duty, and are changed or revoked."""

from dataclasses import replace

from dispatch.core import (
    answer,
    catch_up,
    message,
    patrols,
    push,
    push_addresses,
    roster,
    rouse,
    supervision,
)
from dispatch.core.alert import Alert, Owner
from dispatch.core.answer import lose_owner
from dispatch.core.city import City
from dispatch.core.deadlines import AT_ONCE_S
from dispatch.core.effects import CloseSession, Effect, Record, Reply, Send
from dispatch.core.events import Connected, Disconnected, TokenKept
from dispatch.core.facts import OFF_DUTY, ON_DUTY, Fact, FactKind
from dispatch.core.fanout import concerns
from dispatch.core.moment import Moment
from dispatch.core.presence import ON_CALL_ROLES
from dispatch.core.registry import SPEAK_FOR_OTHERS, Change, Device, Removed
from dispatch.core.tell import receipt
from dispatch.core.trouble import show_troubles
from dispatch.core.words import NOTICE
from protocol.close_codes import CloseCode
from protocol.limits import PING_INTERVAL_S
from protocol.messages import Accept, Assign, Duty, Notice, Welcome
from protocol.vocabulary import NoticeCode, Role


def connected(city: City, event: Connected, now: Moment) -> list[Effect]:
    """Welcome a device and bring it up to date. It replaces its own older connection."""
    device = city.registry.devices[event.device_id]
    effects: list[Effect] = []
    if event.on_duty is not None and device.role in ON_CALL_ROLES:
        effects += _set_duty(city, device, event.on_duty, now)
    replaced = city.presence.arrive(device, event.session_id)
    if replaced is not None:
        effects.append(CloseSession(replaced, CloseCode.REPLACED))
    effects += _welcome(city, device, event.session_id, now)
    if device.role is Role.GATEWAY:
        roster.begin(city, device.device_id)
    rouse.repeat_soon(city, device)
    message.came(city, device)
    if device.role is Role.PUSH:
        push.returned(city, now)
    effects.append(_about(FactKind.GREETED, device, now, device.role))
    effects += patrols.came_or_went(city, device, now)
    return [*effects, *supervision.heard(city, device, now)]


def disconnected(city: City, event: Disconnected, now: Moment) -> list[Effect]:
    """Forget a session, unless the device has a newer one. Duty and ownership stay."""
    device = city.registry.devices.get(event.device_id)
    if device is None or city.presence.session_of.get(event.device_id) != event.session_id:
        return []
    city.presence.leave(device)
    city.rosters.pop(event.device_id, None)
    catch_up.end(city, event.device_id)
    supervision.gone(city, device.device_id, now)
    gone = patrols.came_or_went(city, device, now)
    return [*gone, _about(FactKind.DISCONNECTED, device, now, device.role)]


def duty(city: City, device: Device, message: Duty, now: Moment) -> list[Effect]:
    """Go on duty and be brought up to date, or off duty and answer for nothing any more."""
    effects = _set_duty(city, device, message.on_duty, now)
    session_id = city.presence.session_of.get(device.device_id)
    if effects:
        effects += patrols.tell_patrol(city, device, now)
    if effects and message.on_duty and session_id is not None:
        # From nothing: an alert that was sent before it went off duty may have come after.
        effects += _welcome(city, device, session_id, now)
    return effects


def accept(city: City, device: Device, message: Accept, now: Moment) -> list[Effect]:
    """Accept an alert, perhaps from an overdue owner that patrols elsewhere by now."""
    alert = city.board.alerts.get(message.alert_id)
    before = None if alert is None else alert.owner
    return [*answer.accept(city, device, message, now), *_took(city, alert, before, now)]


def give(city: City, device: Device, message: Assign, now: Moment) -> list[Effect]:
    """Give an alert to a patrol, perhaps from an owner that patrols elsewhere."""
    alert = city.board.alerts.get(message.alert_id)
    before = None if alert is None else alert.owner
    return [*answer.give(city, device, message, now), *_took(city, alert, before, now)]


def _took(city: City, alert: Alert | None, before: Owner | None, now: Moment) -> list[Effect]:
    """Bring a former owner to whom the alert was known only as its own up to date without it."""
    if alert is None or before is None:
        return []
    former = city.registry.devices.get(before.device_id)
    session_id = city.presence.session_of.get(before.device_id)
    if former is not None and session_id is not None and not concerns(alert, former):
        return _welcome(city, former, session_id, now)
    return []


def token_kept(city: City, event: TokenKept) -> list[Effect]:
    """The device may greet with its new token; a session that used the old one has to go."""
    device = city.registry.devices.get(event.device_id)
    if device is None:
        return []
    session_id = city.presence.session_of.get(event.device_id)
    if device.code_hash is not None:
        city.traded[device.device_id] = device.code_hash
    city.registry.apply(replace(device, token_hash=event.token_hash))
    return [] if session_id is None else [CloseSession(session_id, CloseCode.REPLACED)]


def changed(city: City, change: Change, now: Moment) -> list[Effect]:
    """Put a change of the registry in force, on live connections too."""
    if isinstance(change, Removed) and change.thing is Device:
        device = city.registry.devices.get(change.id)
        effects = [] if device is None else _shut_out(city, device, now)
        city.registry.apply(change)
        return [*effects, *roster.changed(city, device, None)]
    if not isinstance(change, Device):
        city.registry.apply(change)
        return []
    before = city.registry.devices.get(change.device_id)
    effects = _device_changed(city, before, change, now)
    return [*effects, *roster.changed(city, before, change)]


def _device_changed(city: City, before: Device | None, device: Device, now: Moment) -> list[Effect]:
    if device.revoked:
        effects = [] if before is None or before.revoked else _shut_out(city, before, now)
        city.registry.apply(device)
        return effects
    city.registry.apply(device)
    if before is None:
        return []
    effects = []
    session_id = city.presence.session_of.get(device.device_id)
    if session_id is not None and before.token_hash != device.token_hash:
        effects.append(CloseSession(session_id, CloseCode.REPLACED))
    city.presence.changed(before, device)
    if before.quadrant != device.quadrant and session_id is not None:
        effects += _welcome(city, device, session_id, now)
        effects += patrols.came_or_went(city, device, now)
    return effects


def _shut_out(city: City, device: Device, now: Moment) -> list[Effect]:
    effects: list[Effect] = [_about(FactKind.REVOKED, device, now)]
    session_id = city.presence.session_of.get(device.device_id)
    if session_id is not None:
        effects.append(CloseSession(session_id, CloseCode.REVOKED))
    city.presence.set_duty(device, False)
    city.presence.leave(device)
    effects += patrols.tell_patrol(city, device, now)
    city.last_known.pop(device.device_id, None)
    city.patrols_told_s.pop(device.device_id, None)
    city.rosters.pop(device.device_id, None)
    catch_up.end(city, device.device_id)
    return effects + _let_go(city, device, now, "revoked")


def _set_duty(city: City, device: Device, on_duty: bool, now: Moment) -> list[Effect]:
    if not city.presence.set_duty(device, on_duty):
        return []
    fact = _about(FactKind.DUTY, device, now, ON_DUTY if on_duty else OFF_DUTY)
    if on_duty:
        return [fact]
    push_addresses.withdraw(city, device)
    return [fact, *_let_go(city, device, now, "off_duty")]


def _let_go(city: City, device: Device, now: Moment, reason: str) -> list[Effect]:
    """Whatever a device owned is everyone's again."""
    if device.role is not Role.PATROL:
        return []
    owned = [
        alert
        for alert in city.board.open_alerts()
        if alert.owner is not None and alert.owner.device_id == device.device_id
    ]
    return [effect for alert in owned for effect in lose_owner(city, alert, now, reason)]


def _concerning(city: City, device: Device) -> list[Alert]:
    """The open alerts that a device should know of: to answer, or because it pressed."""
    if device.role in ON_CALL_ROLES:
        if not city.presence.is_on_duty(device.device_id):
            return []
        return [alert for alert in _told_of(city, device) if concerns(alert, device)]
    if device.role in SPEAK_FOR_OTHERS:
        return []
    return city.board.open_of_device(device.device_id)


def _told_of(city: City, device: Device) -> list[Alert]:
    if device.role is not Role.PATROL:
        return list(city.board.open_alerts())
    alerts = {alert.alert_id: alert for alert in city.board.open_of_quadrant(device.quadrant or "")}
    for alert in city.board.open_alerts():
        if alert.owner is not None and alert.owner.device_id == device.device_id:
            alerts[alert.alert_id] = alert
    return list(alerts.values())


def _welcome(city: City, device: Device, session_id: int, now: Moment) -> list[Effect]:
    """Say who the device is, and from nothing what concerns it: a device may be moved as well."""
    concerning = _concerning(city, device)
    welcome = Welcome(
        device_id=device.device_id,
        role=device.role,
        name=device.name,
        now_ms=now.wall_ms,
        quadrant=device.quadrant,
        edition=city.registry.locator.edition.id,
        on_duty=city.presence.is_on_duty(device.device_id),
        open_alerts=len(concerning),
        ping_interval_s=PING_INTERVAL_S,
    )
    return [Reply(session_id, welcome), *_up_to_date(city, device, concerning, now)]


def _up_to_date(city: City, device: Device, concerning: list[Alert], now: Moment) -> list[Effect]:
    """Send the state, not a log; then say that it was all."""
    if device.role in ON_CALL_ROLES:
        effects = catch_up.begin(city, device, concerning, now)
    else:
        effects = [
            effect
            for alert in concerning
            for effect in receipt(city, alert, alert.last_press_of[device.device_id])
        ]
    effects += show_troubles(city, device)
    effects += patrols.show_patrols(city, device, now)
    effects += message.show_messages(city, device)
    if not catch_up.is_under_way(city, device.device_id):
        effects.append(_synced(device, len(concerning)))
    return effects


def catch_up_further(city: City, now: Moment) -> list[Effect]:
    """Go on bringing a control room up to date; say when that was all."""
    device, effects = catch_up.proceed(city, now)
    if device is not None:
        effects.append(_synced(device, len(_concerning(city, device))))
    return effects


def _synced(device: Device, alerts: int) -> Send:
    synced = Notice(code=NoticeCode.SYNCED, text=NOTICE[NoticeCode.SYNCED], count=alerts)
    return Send((device.device_id,), synced)


def owner_restored(city: City, alert: Alert) -> None:
    """Whoever answered an alert of an earlier run was on duty, and is until it says otherwise.

    One that was shut out meanwhile answers no more: time takes the alert from it, at once.
    """
    if not alert.is_open or alert.owner is None:
        return
    device = city.registry.devices.get(alert.owner.device_id)
    if device is None or device.revoked or device.role is not Role.PATROL:
        city.deadlines.remind(AT_ONCE_S, alert.alert_id)
    else:
        city.presence.set_duty(device, True)


def _about(kind: FactKind, device: Device, now: Moment, reason: str = "") -> Record:
    return Record(Fact(kind, now.wall_ms, reason, device_id=device.device_id))

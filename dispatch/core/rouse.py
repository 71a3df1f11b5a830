"""The front of an alert is seen to in a turn of its own: its sirens, and then its cameras.

Neither the fan-out nor the end of an alert, nor the welcome of a gateway, waits for any of it or
can be lost by a bug in it. What is to be done is a fact of the alert, so a crash in between loses
none of it either.
"""

from typing import Final

from dispatch.core import cameras, sirens
from dispatch.core.alert import Alert
from dispatch.core.city import City
from dispatch.core.deadlines import AT_ONCE_S
from dispatch.core.effects import Effect
from dispatch.core.moment import Moment
from dispatch.core.registry import Device
from protocol.vocabulary import Kind, Role

TOLD_AGAIN: Final = frozenset({Role.GATEWAY, Role.SIREN, Role.APP})


def rouse_soon(city: City, alert: Alert, kind: Kind, now: Moment) -> None:
    """Have the front's sirens sound and its cameras look, for it was called by a press of `kind`.

    Whoever pressed in silence is not given away, whatever the others of the same alert pressed.
    """
    alert.is_front_quiet = kind is Kind.SILENT
    _see_to_soon(city, alert, now)


def hush_soon(city: City, alert: Alert, now: Moment) -> None:
    """The alert has ended: have its sirens fall silent."""
    if alert.sirens:
        _see_to_soon(city, alert, now)


def repeat_soon(city: City, device: Device) -> None:
    """Somebody is here again: have said to it again what still holds of the kit that it is part of.

    A gateway and a siren what is to be done, a member of a front which of its sirens sound.
    """
    something_holds = city.sounding or (city.board.open_count and device.role is Role.GATEWAY)
    if something_holds and device.role in TOLD_AGAIN:
        city.came_back[device.device_id] = None


def next_s(city: City) -> float | None:
    """Return the monotonic time at which a front is next to be seen to, if one is."""
    return AT_ONCE_S if city.came_back else city.front_deadlines.next_s()


def pass_time(city: City, now: Moment) -> list[Effect]:
    """Do what has been due for longest, of one front. Whatever fails is not tried for ever."""
    if city.came_back:
        return _repeat(city, now)
    alert = city.board.alerts.get(city.front_deadlines.take_due(now.mono_s) or "")
    if alert is None:
        return []
    if alert.front_at_s is not None and alert.front_at_s <= now.mono_s:
        return _see_to(city, alert, now)
    effects = sirens.time_passed(city, alert, now)
    city.front_deadlines.remind(alert.front_due_s, alert.alert_id)
    return effects


def restored(city: City, alert: Alert) -> None:
    """An alert of an earlier run is up again, and with it what its front is to do."""
    sirens.restored(city, alert)
    city.front_deadlines.remind(alert.front_due_s, alert.alert_id)


def _see_to_soon(city: City, alert: Alert, now: Moment) -> None:
    city.changed[alert.alert_id] = alert
    alert.front_at_s = now.mono_s
    city.front_deadlines.remind(alert.front_at_s, alert.alert_id)


def _see_to(city: City, alert: Alert, now: Moment) -> list[Effect]:
    since_s, alert.front_at_s = alert.front_at_s, None
    city.changed[alert.alert_id] = alert
    city.front_deadlines.remind(alert.front_due_s, alert.alert_id)
    if not alert.is_open:
        return sirens.hush(city, alert, now)
    looking = cameras.look(city, alert)
    if alert.is_front_quiet or since_s is None:
        return looking
    return [*sirens.sound(city, alert, since_s, now), *looking]


def _repeat(city: City, now: Moment) -> list[Effect]:
    device_id = next(iter(city.came_back))
    del city.came_back[device_id]
    device = city.registry.devices.get(device_id)
    if device is None or device_id not in city.presence.session_of:
        return []
    match device.role:
        case Role.APP:
            return sirens.sounding_for(city, device)
        case Role.GATEWAY:
            asked = sirens.returned(city, device, now)
            return [*asked, *cameras.returned(city, device, now)]
        case _:
            return sirens.returned(city, device, now)

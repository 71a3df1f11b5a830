"""Bringing whoever answers up to date: the open alerts that concern it, as they are.

What concerns a handheld goes out at once. A control room in an emergency has thousands to be shown,
17 µs each: they go out a slice at a time, so that presses have their turn in between. What becomes
of them meanwhile is sent as always, and one that is over when its turn comes is left out.
"""

from collections import deque

from dispatch.core.alert import Alert
from dispatch.core.city import City
from dispatch.core.effects import Effect
from dispatch.core.fanout import concerns
from dispatch.core.limits import CATCH_UP_SLICE
from dispatch.core.moment import Moment
from dispatch.core.registry import Device
from dispatch.core.tell import show


def begin(city: City, device: Device, concerning: list[Alert], now: Moment) -> list[Effect]:
    """Show a device the first alerts of those that concern it; what is left waits for ticks."""
    end(city, device.device_id)
    later = concerning[CATCH_UP_SLICE:]
    if later:
        city.catching_up[device.device_id] = deque(alert.alert_id for alert in later)
    return _shown(city, device, concerning[:CATCH_UP_SLICE], now)


def is_under_way(city: City, device_id: str) -> bool:
    """Say whether a device has not been shown all yet."""
    return device_id in city.catching_up


def end(city: City, device_id: str) -> None:
    """It is gone, or begins anew."""
    city.catching_up.pop(device_id, None)


def proceed(city: City, now: Moment) -> tuple[Device | None, list[Effect]]:
    """Show the device that has waited longest a further slice. Which has been shown all by that?"""
    if not city.catching_up:
        return None, []
    device_id = next(iter(city.catching_up))
    waiting = city.catching_up.pop(device_id)
    device = city.registry.devices.get(device_id)
    if device is None:
        return None, []
    ids = [waiting.popleft() for _ in range(min(CATCH_UP_SLICE, len(waiting)))]
    if not city.presence.is_on_duty(device_id):
        waiting.clear()  # it is shown nothing any more
        ids.clear()
    if waiting:
        city.catching_up[device_id] = waiting  # behind whoever else waits
    alerts = (city.board.alerts.get(alert_id) for alert_id in ids)
    still = [alert for alert in alerts if alert and alert.is_open and concerns(alert, device)]
    return None if waiting else device, _shown(city, device, still, now)


def _shown(city: City, device: Device, alerts: list[Alert], now: Moment) -> list[Effect]:
    return [effect for alert in alerts for effect in show(city, alert, device.device_id, now)]

"""Waking those who are called, or who called, and are not here, by a push to their telephones.

It goes beside the fan-out and never instead of it, and counts as delivered to nobody. In each step
of calling (the first one, and every ring after it) whoever is called, on duty and not connected is
pushed to at once; a handheld that is connected has `PUSH_AFTER_S` to say that it shows the alert.
Nobody is pushed to twice in one step. Whoever called for help is told so as well (`news.py`).

All of it has a turn of its own, right after: no bug in it can lose a press, or keep it from anyone.
What is to be done is a fact of the alert, so a crash in between loses none of it either. Which
addresses a device has, `push_addresses.py` says.
"""

from collections.abc import Iterable, Iterator

from dispatch.core.alert import Alert
from dispatch.core.city import City
from dispatch.core.effects import Effect
from dispatch.core.limits import PUSH_AFTER_S
from dispatch.core.moment import Moment
from dispatch.core.news import tell_senders
from dispatch.core.wake import wake
from protocol.vocabulary import Role

ABSENT = "absent"
UNCONFIRMED = "unconfirmed"
"""Why somebody is pushed to, as it is recorded."""


def call_soon(city: City, alert: Alert, now: Moment) -> None:
    """A step of calling begins: everyone who is called may be pushed to once more."""
    if city.registry.wakes_anyone:
        alert.pushed = {}
        call_further_soon(city, alert, now)


def call_further_soon(city: City, alert: Alert, now: Moment) -> None:
    """More are called in this step."""
    if city.registry.wakes_anyone:
        alert.push_since_s = now.mono_s
        _look_at(city, alert, now.mono_s)


def tell_senders_soon(city: City, alert: Alert, now: Moment) -> None:
    """Somebody comes, is there or was, or comes no more: senders who sleep are to hear of it."""
    if city.registry.wakes_anyone:
        _look_at(city, alert, now.mono_s)


def pass_time(city: City, now: Moment) -> list[Effect]:
    """Push to whom it is time to push, of the alert that has been due for longest."""
    alert = city.board.alerts.get(city.push_deadlines.take_due(now.mono_s) or "")
    if alert is None:
        return []
    alert.push_at_s = None  # first of all: whatever fails is not tried for ever
    pusher = city.presence.pusher()
    if pusher is None:
        return []
    called = _wake_called(city, alert, pusher, now) if _is_unanswered(alert) else []
    return [*called, *tell_senders(city, alert, pusher, now)]


def _wake_called(city: City, alert: Alert, pusher: str, now: Moment) -> list[Effect]:
    shown_by_s = alert.push_since_s + PUSH_AFTER_S
    effects: list[Effect] = []
    for device_id in _called(city, alert):
        if device_id in alert.pushed:
            continue
        if device_id not in city.presence.session_of:
            effects += _wake(city, alert, device_id, pusher, ABSENT, now)
        elif not _has_yet_to_show_it(city, alert, device_id):
            continue
        elif now.mono_s >= shown_by_s:
            effects += _wake(city, alert, device_id, pusher, UNCONFIRMED, now)
        else:
            _look_at(city, alert, shown_by_s)
    return effects


def returned(city: City, now: Moment) -> None:
    """The push side is here: whoever could not be pushed to without it is now."""
    if city.registry.wakes_anyone:
        for alert in city.board.open_alerts():
            _look_at(city, alert, now.mono_s)


def restored(city: City, alert: Alert) -> None:
    """An alert of an earlier run is up again, and with it who was to be pushed to."""
    city.push_deadlines.remind(alert.push_at_s, alert.alert_id)


def _look_at(city: City, alert: Alert, at_s: float) -> None:
    alert.push_at_s = at_s
    city.push_deadlines.remind(at_s, alert.alert_id)


def _is_unanswered(alert: Alert) -> bool:
    return alert.is_open and (alert.owner is None or alert.owner.overdue)


def _called(city: City, alert: Alert) -> Iterator[str]:
    """The devices that are called and can be woken, whether or not they are connected."""
    registry = city.registry
    for code in alert.quadrants:
        yield from _on_duty(city, registry.pushable(Role.PATROL, code))
    if alert.control_room:
        yield from _on_duty(city, registry.pushable(Role.OPERATOR))
    if alert.supervisors:
        yield from _on_duty(city, registry.pushable(Role.SUPERVISOR))


def _on_duty(city: City, devices: Iterable[str]) -> Iterator[str]:
    return (each for each in devices if city.presence.is_on_duty(each))


def _has_yet_to_show_it(city: City, alert: Alert, device_id: str) -> bool:
    """Say whether a device that is here still has to show the alert. Screens confirm nothing."""
    is_handheld = city.registry.devices[device_id].role is Role.PATROL
    return is_handheld and device_id not in alert.delivered


def _wake(
    city: City, alert: Alert, device_id: str, pusher: str, why: str, now: Moment
) -> list[Effect]:
    alert.pushed[device_id] = None
    city.changed[alert.alert_id] = alert
    return wake(city, alert, device_id, pusher, why, now)

"""Watching over the kit: whoever falls silent is noticed, and so is whatever says that it is ill.

Each device is looked at again when it would be missing, whether or not it was heard from meanwhile;
being heard from only moves that moment. So 10,000 panels cost one look each in two minutes.
"""

from collections.abc import Iterable

from dispatch.core.authorise import Denial
from dispatch.core.city import City
from dispatch.core.effects import Effect
from dispatch.core.facts import FactKind
from dispatch.core.kit import Watched
from dispatch.core.limits import (
    BATTERY_GOOD_PERCENT,
    BATTERY_LOW_PERCENT,
    DEVICES_PER_TICK,
    MISSING_AFTER,
    SEEN_KEPT_EVERY_S,
    SELF_TEST_EVERY_S,
    STOOD_STILL_S,
)
from dispatch.core.moment import Moment
from dispatch.core.registry import Change, Device, Removed, heartbeat_s
from dispatch.core.tell import deny
from dispatch.core.trouble import close_trouble, note, open_trouble, seen, tell_held_back
from protocol.messages import Condition, Contact, Signal
from protocol.vocabulary import Kind, Role, TroubleKind

WATCHED_ROLES = frozenset({Role.BUTTON, Role.SIREN, Role.CAMERA, Role.GATEWAY, Role.PATROL})
SELF_TESTED_ROLES = frozenset({Role.BUTTON})
JUDGED_HERE = frozenset({TroubleKind.MISSING, TroubleKind.SELF_TEST_DUE})
"""Troubles that nobody says of themselves."""


def begin(city: City, kit: Iterable[Watched], now: Moment) -> None:
    """Watch what an earlier run watched, and all that is installed. All have a fresh interval."""
    city.kit.since_s = now.mono_s
    for watched in kit:
        city.kit.watch(watched)
        device = _still(city, watched)
        at_s = now.mono_s if device is None else _missing_at_s(city, watched, device)
        city.kit.deadlines.remind(at_s, watched.device_id)
    for device in city.registry.devices.values():
        _watch_if_installed(city, device, now)


def heard(
    city: City,
    device: Device,
    now: Moment,
    *,
    battery_percent: int | None = None,
    tested: bool = False,
) -> list[Effect]:
    """A device gave proof of life. The first one of all says that it is installed."""
    if device.role not in WATCHED_ROLES:
        return []
    watched = city.kit.watched.get(device.device_id) or _watch(city, device, now)
    is_new = watched.seen_ms is None
    watched.heard_s, watched.seen_ms = now.mono_s, now.wall_ms
    effects = note(city, watched, FactKind.INSTALLED, now) if is_new else []
    if TroubleKind.MISSING in watched.troubles:
        effects += close_trouble(city, watched, TroubleKind.MISSING, now)
    if battery_percent is not None:
        effects += _measured(city, watched, battery_percent, now)
    if tested and device.role in SELF_TESTED_ROLES:
        effects += _tested(city, watched, now)
    return effects


def contact(city: City, gateway: Device, message: Contact, now: Moment) -> list[Effect]:
    """A gateway has heard from some of the devices behind it; others are not its to speak of."""
    effects: list[Effect] = []
    are_all_its_own = True
    for each in message.seen:
        device = city.registry.devices.get(each.device_id)
        if device is None or device.revoked or device.gateway_id != gateway.device_id:
            are_all_its_own = False
            continue
        effects += heard(
            city, device, now, battery_percent=each.battery_percent, tested=each.tested
        )
    if not are_all_its_own:
        effects += deny(gateway.device_id, message, Denial.NOT_BEHIND_GATEWAY, now)
    return effects


def condition(city: City, speaker: Device, message: Condition, now: Moment) -> list[Effect]:
    """A device says that it is ill, or well again; or its gateway does."""
    if message.trouble in JUDGED_HERE:
        return deny(speaker.device_id, message, Denial.JUDGED_HERE, now)
    device = _source(city, speaker, message.device_id)
    if device is None:
        return deny(speaker.device_id, message, Denial.NOT_BEHIND_GATEWAY, now)
    effects = heard(city, device, now)
    watched = city.kit.watched.get(device.device_id)
    if watched is not None:
        change = open_trouble if message.present else close_trouble
        effects += change(city, watched, message.trouble, now)
    return effects


def pressed(city: City, speaker: Device, message: Signal, now: Moment) -> list[Effect]:
    """Whoever presses is alive, and has been tested if the press was a test."""
    device = _source(city, speaker, message.source_device_id)
    if device is None or device.role not in WATCHED_ROLES:
        return []
    return heard(city, device, now, tested=message.kind is Kind.TEST)


def gone(city: City, device_id: str, now: Moment) -> None:
    """A session ended: from now on silence counts."""
    watched = city.kit.watched.get(device_id)
    if watched is not None:
        watched.heard_s, watched.seen_ms = now.mono_s, now.wall_ms


def before_change(city: City, change: Change, now: Moment) -> list[Effect]:
    """End what was wrong with a device that is removed, revoked, or becomes something else."""
    if isinstance(change, Removed) and change.thing is Device:
        return _end(city, change.id, now)
    if not isinstance(change, Device):
        return []
    watched = city.kit.watched.get(change.device_id)
    is_another = watched is not None and watched.role is not change.role
    is_taken_down = watched is not None and watched.seen_ms is None and not _is_installed(change)
    if is_another or is_taken_down or not _is_to_be_watched(change):
        return _end(city, change.device_id, now)
    return []


def after_change(city: City, device_id: str, now: Moment) -> None:
    """Watch a device that is installed now; look again at one that may be expected more often."""
    device = city.registry.devices.get(device_id)
    if device is None:
        return
    _watch_if_installed(city, device, now)
    watched = city.kit.watched.get(device_id)
    if watched is not None:
        # Not in the past, or it would look as if the core had stood still since then.
        at_s = max(now.mono_s, _missing_at_s(city, watched, device))
        city.kit.deadlines.remind(at_s, device_id)


def pass_time(city: City, now: Moment) -> list[Effect]:
    """Look at the devices that would be missing by now, some at a time, and tell what is held back.

    Whoever calls calls again while something is due.
    """
    due_s = city.kit.deadlines.next_s()
    if due_s is not None and due_s + STOOD_STILL_S < now.mono_s:
        city.kit.since_s = now.mono_s
    effects: list[Effect] = []
    for _ in range(DEVICES_PER_TICK):
        device_id = city.kit.deadlines.take_due(now.mono_s)
        if device_id is None:
            break
        effects += _look_at(city, device_id, now)
    return [*effects, *tell_held_back(city, now)]


def keep_again(city: City, device_ids: Iterable[str], now: Moment) -> list[Effect]:
    """Give the journal what is known of these devices: it could not take it before."""
    known = (city.kit.watched.get(device_id) for device_id in device_ids)
    return [seen(city, watched, now) for watched in known if watched is not None]


# --- within ---------------------------------------------------------------------------------------


def _look_at(city: City, device_id: str, now: Moment) -> list[Effect]:
    watched = city.kit.watched.get(device_id)
    if watched is None:
        return []
    device = _still(city, watched)
    if device is None:
        ended = _end(city, device_id, now)
        after_change(city, device_id, now)
        return ended
    effects: list[Effect] = []
    if device_id in city.presence.session_of:
        watched.seen_ms = now.wall_ms
    elif _is_missing(city, watched, device, now):
        effects += open_trouble(city, watched, TroubleKind.MISSING, now)
    if watched.test_due_s is not None and watched.test_due_s <= now.mono_s:
        effects += open_trouble(city, watched, TroubleKind.SELF_TEST_DUE, now)
    if _is_to_be_kept(city, watched, now):
        effects.append(seen(city, watched, now))
    at_s = _missing_at_s(city, watched, device)
    if at_s <= now.mono_s:  # it is missing, here, or its gateway is away
        at_s = now.mono_s + MISSING_AFTER * heartbeat_s(device)
    city.kit.deadlines.remind(at_s, device_id)
    return effects


def _is_missing(city: City, watched: Watched, device: Device, now: Moment) -> bool:
    if _missing_at_s(city, watched, device) > now.mono_s:
        return False
    if device.role is Role.PATROL:
        return city.presence.is_on_duty(device.device_id)
    return not _is_excused(city, device)


def _is_excused(city: City, device: Device) -> bool:
    """While its gateway is away nobody can hear from a device: the gateway is the trouble."""
    gateway = city.registry.devices.get(device.gateway_id or "")
    if gateway is None or gateway.revoked:
        return False
    return gateway.device_id not in city.presence.session_of


def _missing_at_s(city: City, watched: Watched, device: Device) -> float:
    """Return when a device is missing unless it is heard from, its gateway being there so long."""
    heard_s = max(watched.heard_s, city.kit.since_s)
    gateway = city.kit.watched.get(device.gateway_id or "")
    if gateway is not None:
        heard_s = max(heard_s, gateway.heard_s)
    return heard_s + MISSING_AFTER * heartbeat_s(device)


def _is_to_be_kept(city: City, watched: Watched, now: Moment) -> bool:
    """Say whether it was heard from since the journal was given it, and that is a while ago."""
    kept_s = watched.kept_s
    if kept_s is None or now.mono_s < kept_s + SEEN_KEPT_EVERY_S:
        return False
    return watched.heard_s > kept_s or watched.device_id in city.presence.session_of


def _measured(city: City, watched: Watched, battery_percent: int, now: Moment) -> list[Effect]:
    watched.battery_percent = battery_percent
    if battery_percent <= BATTERY_LOW_PERCENT:
        return open_trouble(city, watched, TroubleKind.LOW_BATTERY, now)
    if battery_percent >= BATTERY_GOOD_PERCENT:
        return close_trouble(city, watched, TroubleKind.LOW_BATTERY, now)
    return []


def _tested(city: City, watched: Watched, now: Moment) -> list[Effect]:
    watched.tested_ms = now.wall_ms
    watched.test_due_s = now.mono_s + SELF_TEST_EVERY_S
    return [
        *close_trouble(city, watched, TroubleKind.SELF_TEST_DUE, now),
        *note(city, watched, FactKind.SELF_TESTED, now),
    ]


def _source(city: City, speaker: Device, device_id: str | None) -> Device | None:
    """Find the device that a message is about: whoever speaks, or one behind that gateway."""
    if speaker.role is not Role.GATEWAY or device_id is None:
        return speaker
    device = city.registry.devices.get(device_id)
    if device is None or device.revoked or device.gateway_id != speaker.device_id:
        return None
    return device


def _is_to_be_watched(device: Device) -> bool:
    return device.role in WATCHED_ROLES and not device.revoked


def _still(city: City, watched: Watched) -> Device | None:
    """Find a device as it is known now; None if it is not the one that was watched any more."""
    device = city.registry.devices.get(watched.device_id)
    if device is None or not _is_to_be_watched(device) or device.role is not watched.role:
        return None
    return device


def _is_installed(device: Device) -> bool:
    """What is neither enrolled nor wired, and was never heard from, is not installed yet."""
    return device.token_hash is not None or device.wiring is not None


def _watch_if_installed(city: City, device: Device, now: Moment) -> None:
    is_known = device.device_id in city.kit.watched
    if not is_known and _is_installed(device) and _is_to_be_watched(device):
        _watch(city, device, now)


def _watch(city: City, device: Device, now: Moment) -> Watched:
    has_tests = device.role in SELF_TESTED_ROLES
    watched = Watched(
        device.device_id,
        device.role,
        now.mono_s,
        test_due_s=now.mono_s + SELF_TEST_EVERY_S if has_tests else None,
    )
    city.kit.watch(watched)
    city.kit.deadlines.remind(_missing_at_s(city, watched, device), device.device_id)
    return watched


def _end(city: City, device_id: str, now: Moment) -> list[Effect]:
    watched = city.kit.watched.get(device_id)
    if watched is None:
        return []
    effects = [
        effect
        for kind in tuple(watched.troubles)
        for effect in close_trouble(city, watched, kind, now)
    ]
    city.kit.forget(watched)
    if watched.kept_s is not None:
        effects += note(city, watched, FactKind.UNINSTALLED, now, is_last=True)
    return effects

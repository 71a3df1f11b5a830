"""What is known of the kit, as people are shown it and as PostgreSQL keeps it."""

from msgspec import Struct

from dispatch.core.city import City
from dispatch.core.kit import OpenTrouble, Watched
from dispatch.core.moment import Moment
from dispatch.core.words import trouble_text
from protocol.messages import Trouble
from protocol.vocabulary import TroubleKind


class DeviceView(Struct, frozen=True, omit_defaults=True):
    """What the journal tells PostgreSQL of a device. Times by the wall clock; None: never, none."""

    last_seen_ms: int | None = None
    battery_percent: int | None = None
    tested_ms: int | None = None
    test_due_ms: int | None = None
    troubles: tuple[Trouble, ...] = ()
    """All that are open, and the one that was just closed: any other of this device has ended."""


def device_view(
    city: City, watched: Watched, now: Moment, closed: Trouble | None = None
) -> DeviceView:
    """Show all that is known of a device."""
    troubles = [trouble_view(city, watched, *each) for each in watched.troubles.items()]
    if closed is not None:
        troubles.append(closed)
    due_s = watched.test_due_s
    return DeviceView(
        last_seen_ms=watched.seen_ms,
        battery_percent=watched.battery_percent,
        tested_ms=watched.tested_ms,
        test_due_ms=None if due_s is None else now.wall_ms + round((due_s - now.mono_s) * 1000),
        troubles=tuple(troubles),
    )


def trouble_view(
    city: City,
    watched: Watched,
    kind: TroubleKind,
    trouble: OpenTrouble,
    closed_at_ms: int | None = None,
) -> Trouble:
    """Show what is wrong with a device, or was. One that was removed has only its id for a name."""
    device = city.registry.devices.get(watched.device_id)
    front = city.registry.fronts.get((device.front_id or "") if device else "")
    name = device.name if device else watched.device_id
    front_name = front.name if front else ""
    return Trouble(
        trouble_id=trouble.trouble_id,
        kind=kind,
        device_id=watched.device_id,
        device=name,
        role=watched.role,
        front_id=front.front_id if front else None,
        front=front_name,
        opened_at_ms=trouble.opened_at_ms,
        closed_at_ms=closed_at_ms,
        last_seen_ms=watched.seen_ms,
        battery_percent=watched.battery_percent,
        text=trouble_text(
            kind,
            name,
            front_name,
            is_over=closed_at_ms is not None,
            is_unknown=watched.seen_ms is None,
        ),
    )

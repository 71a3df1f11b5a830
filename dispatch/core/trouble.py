"""Something is wrong with a part of a kit, or right again: who is told, and what is kept.

The front's coordinator is told at once, the control room at its pace.
"""

from itertools import islice

import msgspec

from dispatch.core.city import City
from dispatch.core.effects import Append, Effect, Record, Send
from dispatch.core.entry import Entry
from dispatch.core.facts import Fact, FactKind
from dispatch.core.kit import OpenTrouble, Watched
from dispatch.core.kit_view import device_view, trouble_view
from dispatch.core.limits import TROUBLES_SHOWN_MAX, TROUBLES_TOLD_EVERY_S, TROUBLES_TOLD_PER_S
from dispatch.core.moment import Moment
from dispatch.core.registry import Device
from dispatch.core.snapshot import freeze_device
from dispatch.core.words import NOTICE
from protocol.messages import Notice, Trouble
from protocol.vocabulary import NoticeCode, Role, TroubleKind


def open_trouble(city: City, watched: Watched, kind: TroubleKind, now: Moment) -> list[Effect]:
    """Something is wrong. Again: it is known."""
    if kind in watched.troubles:
        return []
    trouble = OpenTrouble(f"{now.wall_ms}.{kind}.{watched.device_id}", now.wall_ms)
    city.kit.opened(watched, kind, trouble)
    view = trouble_view(city, watched, kind, trouble)
    return [*_tell(city, view, now), *note(city, watched, FactKind.TROUBLE_OPENED, now, kind)]


def close_trouble(city: City, watched: Watched, kind: TroubleKind, now: Moment) -> list[Effect]:
    """It is right again, if it was not."""
    if kind not in watched.troubles:
        return []
    trouble = city.kit.closed(watched, kind)
    view = trouble_view(city, watched, kind, trouble, closed_at_ms=now.wall_ms)
    kept = note(city, watched, FactKind.TROUBLE_CLOSED, now, kind, closed=view)
    return [*_tell(city, view, now), *kept]


def note(
    city: City,
    watched: Watched,
    kind: FactKind,
    now: Moment,
    reason: str = "",
    *,
    closed: Trouble | None = None,
    is_last: bool = False,
) -> list[Effect]:
    """Put a fact about a device on the record, and give the journal what is known of it now."""
    fact = Fact(kind, now.wall_ms, reason, device_id=watched.device_id)
    return [Record(fact), _keep(city, watched, fact, now, closed=closed, is_last=is_last)]


def _keep(
    city: City,
    watched: Watched,
    fact: Fact,
    now: Moment,
    *,
    closed: Trouble | None = None,
    is_last: bool = False,
) -> Append:
    """Give the journal what is known of a device now."""
    watched.kept_s = now.mono_s
    entry = Entry(
        kind=fact.kind,
        at_ms=fact.at_ms,
        reason=fact.reason,
        device_id=watched.device_id,
        is_open=not is_last,
        state=freeze_device(watched, now, city.boot),
        view=msgspec.json.encode(device_view(city, watched, now, closed)),
    )
    return Append((entry,))


def seen(city: City, watched: Watched, now: Moment) -> Append:
    """Give the journal what is known of a device though nothing has happened to it."""
    fact = Fact(FactKind.SEEN, now.wall_ms, device_id=watched.device_id)
    return _keep(city, watched, fact, now)


def show_troubles(city: City, device: Device) -> list[Effect]:
    """Bring a device up to date: the newest open troubles that are its business, and their number.

    What it showed before and is not sent again has ended, or is among the older ones.
    """
    if device.role in (Role.OPERATOR, Role.SUPERVISOR):
        if not city.presence.is_on_duty(device.device_id):
            return []
        newest, count = list(city.kit.newest_open(TROUBLES_SHOWN_MAX)), city.kit.open_count
    elif device.role is Role.APP and device.person_id is not None:
        theirs = _of_coordinator(city, device.person_id)
        newest, count = list(islice(theirs, TROUBLES_SHOWN_MAX)), len(theirs)
    else:
        return []
    if not count:
        return []
    shown: list[Effect] = []
    for device_id, kind in reversed(newest):
        watched = city.kit.watched[device_id]
        view = trouble_view(city, watched, kind, watched.troubles[kind])
        shown.append(Send((device.device_id,), view))
    return [*shown, Send((device.device_id,), _count(count))]


def tell_held_back(city: City, now: Moment) -> list[Effect]:
    """Tell the control room some more of what it was spared, and how many troubles there are."""
    kit = city.kit
    if kit.tell_at_s is None or kit.tell_at_s > now.mono_s:
        return []
    told = _control_room(city)
    batch = list(islice(kit.untold, int(TROUBLES_TOLD_PER_S * TROUBLES_TOLD_EVERY_S)))
    views = [kit.untold.pop(trouble_id) for trouble_id in batch]
    if not told:
        kit.untold.clear()  # whoever comes is shown what is open then
    kit.tell_at_s = now.mono_s + TROUBLES_TOLD_EVERY_S if kit.untold else None
    if not told:
        return []
    return [*(Send(told, view) for view in views), Send(told, _count(kit.open_count))]


def _tell(city: City, view: Trouble, now: Moment) -> list[Effect]:
    told = _coordinators(city, view.front_id)
    control_room = _control_room(city)
    if control_room and _may_tell(city, view, now):
        told += control_room
    return [Send(told, view)] if told else []


def _may_tell(city: City, view: Trouble, now: Moment) -> bool:
    """Whether the control room is told now; later, if not, unless it is over by then."""
    kit = city.kit
    if not kit.untold and kit.may_tell(now.mono_s):
        return True
    was_to_be_opened = kit.untold.pop(view.trouble_id, None) is not None
    if not (was_to_be_opened and view.closed_at_ms is not None):
        kit.untold[view.trouble_id] = view
    if kit.tell_at_s is None:
        kit.tell_at_s = now.mono_s + TROUBLES_TOLD_EVERY_S
    return False


def _control_room(city: City) -> tuple[str, ...]:
    return (*city.presence.operators(), *city.presence.supervisors())


def _coordinators(city: City, front_id: str | None) -> tuple[str, ...]:
    """The connected telephones of whoever coordinates a front."""
    registry = city.registry
    front = registry.fronts.get(front_id or "")
    if front is None or front.coordinator_id is None:
        return ()
    return tuple(
        device_id
        for device_id in registry.held_by(front.coordinator_id)
        if device_id in city.presence.session_of and registry.devices[device_id].role is Role.APP
    )


def _of_coordinator(city: City, person_id: str) -> list[tuple[str, TroubleKind]]:
    """The open troubles of the fronts that a person coordinates, newest first."""
    registry = city.registry
    found = [
        (trouble.opened_at_ms, device_id, kind)
        for front_id in registry.coordinated_by(person_id)
        for role in Role
        for device_id in registry.of_front(front_id, role)
        if (watched := city.kit.watched.get(device_id)) is not None
        for kind, trouble in watched.troubles.items()
    ]
    return [(device_id, kind) for _, device_id, kind in sorted(found, reverse=True)]


def _count(count: int) -> Notice:
    code = NoticeCode.TROUBLES
    return Notice(code=code, text=NOTICE[code], count=count)

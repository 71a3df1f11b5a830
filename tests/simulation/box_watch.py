"""What must hold of the kit: silence is noticed, nobody is judged unheard, all copies agree."""

from typing import TYPE_CHECKING, Any

import orjson

from dispatch.core.effects import Effect, Record
from dispatch.core.facts import Fact, FactKind
from dispatch.core.moment import Moment
from dispatch.core.snapshot import thaw_device
from protocol.vocabulary import TroubleKind
from tests.simulation.boxes import GATEWAY, HEARTBEAT_S, Box
from tests.simulation.rules import Broken

if TYPE_CHECKING:
    from tests.simulation.core import Core
    from tests.simulation.world import World

FORGOTTEN = "what is wrong outlives a crash"
NOTICED = "who is silent for twice its interval is missing"
JUDGED = "nobody is judged while it cannot be heard"
AGREE = "in quiet, all copies agree on the kit"
SLACK_S = 3.0


def check_facts(world: "World", core: "Core", effects: list[Effect]) -> None:
    """Look at the facts of one event."""
    for effect in effects:
        if type(effect) is not Record:
            continue
        if effect.fact.kind is FactKind.TROUBLE_OPENED:
            _check_opened(world, core, effect.fact)
        elif effect.fact.kind is FactKind.GREETED and effect.fact.device_id == GATEWAY:
            world.boxes.met_s = world.clock.now_s


def check_nobody_is_missed(world: "World", core: "Core") -> None:
    """Raise `Broken` for a box that is silent and was not found to be."""
    if GATEWAY not in core.city.presence.session_of:
        return
    for box in world.boxes.all.values():
        watched = core.city.kit.watched.get(box.name)
        silent_s = world.clock.now_s - _since_s(world, core, box)
        if watched is None or silent_s <= 2 * HEARTBEAT_S + SLACK_S:
            continue
        if TroubleKind.MISSING not in watched.troubles:
            raise Broken(NOTICED, f"{box.name}, silent for {silent_s:.1f} s")


def check_nothing_is_forgotten(world: "World", core: "Core") -> None:
    """Raise `Broken` if a start does not know what the disk kept."""
    for name, row in world.disk.newest_devices.items():
        if not row.entry.is_open:
            continue
        watched = core.city.kit.watched.get(name)
        kept = thaw_device(row.entry.state or b"", Moment(0.0, 0), "").troubles
        if watched is None or watched.troubles != kept:
            raise Broken(FORGOTTEN, f"{name} had {kept}")


def check_agreement(world: "World", core: "Core") -> None:
    """When all is quiet, core, log, PostgreSQL and screens know what is wrong, and it is true."""
    is_open = {
        trouble.trouble_id: (name, kind)
        for name, watched in core.city.kit.watched.items()
        for kind, trouble in watched.troubles.items()
    }
    _check_truth(world, core)
    for name, row in world.disk.newest_devices.items():
        if not row.entry.is_open:
            continue
        stored = thaw_device(row.entry.state or b"", Moment(0.0, 0), "").troubles
        now = core.city.kit.watched[name].troubles
        if stored != now:
            raise Broken(AGREE, f"{name}: {stored} in the log, {now} in the core")
    if world.database.open_troubles != set(is_open):
        raise Broken(AGREE, f"PostgreSQL has {world.database.open_troubles}, the core {is_open}")
    for name in ("operator", "supervisor"):
        screen = world.watchers.get(name)
        if screen is not None and screen.on_duty and set(screen.troubles.open) != set(is_open):
            raise Broken(AGREE, f"{name} shows {set(screen.troubles.open)} of {set(is_open)}")


def open_in(view: bytes | None) -> tuple[set[str], set[str]]:
    """Return which troubles a line says are open, and which are closed."""
    troubles: list[dict[str, Any]] = orjson.loads(view or b"{}").get("troubles", [])
    closed = {each["trouble_id"] for each in troubles if each["closed_at_ms"] is not None}
    return {each["trouble_id"] for each in troubles} - closed, closed


def _check_opened(world: "World", core: "Core", fact: Fact) -> None:
    box = world.boxes.all.get(fact.device_id or "")
    if box is None or fact.reason != TroubleKind.MISSING:
        return
    gateway = core.city.registry.devices.get(GATEWAY)
    if gateway is None or gateway.revoked:
        return  # nobody will hear from it, and nothing else says so
    if GATEWAY not in core.city.presence.session_of:
        raise Broken(JUDGED, f"{box.name} is missing while its gateway is away")
    line = world.clients[GATEWAY].connection
    if line is None or line.is_cut:
        return  # half open: words are lost on the way, and the core has yet to notice
    silent_s = world.clock.now_s - box.heard_s(world.clock.now_s)
    if silent_s < HEARTBEAT_S:
        raise Broken(JUDGED, f"{box.name} is missing after {silent_s:.1f} s")


def _since_s(world: "World", core: "Core", box: Box) -> float:
    """Since when, in true time, the core could have known that a box is silent."""
    return max(box.spoke_s, world.boxes.met_s, core.began_s, core.awake_since_s)


def _check_truth(world: "World", core: "Core") -> None:
    for box in world.boxes.all.values():
        watched = core.city.kit.watched.get(box.name)
        if watched is None or world.boxes.gateway() is None:
            continue
        found = watched.troubles.keys() - {TroubleKind.MISSING}
        true = {kind for kind, is_present in box.ill.items() if is_present}
        if found != true:
            raise Broken(AGREE, f"{box.name} has {sorted(true)}, the core says {sorted(found)}")

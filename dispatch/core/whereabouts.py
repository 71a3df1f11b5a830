"""From what is known of a sender to the place of its press.

The first of these that exists is taken: the fix in the press; where the device lately said it was;
its registered place; its front's place; nothing. A press is never dropped for want of a place.
"""

import math
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from dispatch.core.alert import Place
from dispatch.core.limits import ACCURACY_UNKNOWN_M, ACCURACY_USABLE_M, LAST_KNOWN_MAX_AGE_S
from dispatch.core.locate import Location, Locator
from dispatch.core.registry import Device, Registry, Spot
from protocol.messages import Position
from protocol.vocabulary import FoundBy

_FIXED: Final = frozenset({FoundBy.INSIDE, FoundBy.TIE, FoundBy.NEAREST})
"""How a place is found that a fix of the press itself gave."""
_EARTH_M_PER_DEG: Final = 111_195.0


class Point(Struct, frozen=True, gc=False):
    """Coordinates, how sure they are, and where they were taken from.

    `source` is None for the fix of the press itself: then the locator says how it was found.
    """

    lat: float
    lon: float
    accuracy_m: float | None = None
    age_s: float | None = None
    address: str = ""
    source: FoundBy | None = None


class LastKnown(Struct, frozen=True, gc=False):
    """The newest position that a device reported, and when (monotonic)."""

    position: Position
    at_s: float


def whereabouts(
    position: Position | None,
    last_known: LastKnown | None,
    device: Device,
    registry: Registry,
    now_s: float,
) -> Point | None:
    """Choose the best coordinates for a press, or None if nothing at all is known."""
    if position is not None and is_usable(position):
        return Point(position.lat, position.lon, position.accuracy_m, position.age_s)
    if last_known is not None:
        fix = last_known.position
        age_s = now_s - last_known.at_s + (fix.age_s or 0.0)
        if age_s <= LAST_KNOWN_MAX_AGE_S:
            source = FoundBy.LAST_KNOWN
            return Point(fix.lat, fix.lon, fix.accuracy_m, age_s, source=source)
    if device.spot is not None:
        return _registered(device.spot, FoundBy.REGISTERED)
    front = registry.fronts.get(device.front_id or "")
    if front is not None and front.spot is not None:
        return _registered(front.spot, FoundBy.FRONT)
    return None


def is_usable(position: Position) -> bool:
    """Say whether a fix says where: not (0, 0), which means none, nor lost among whole towns."""
    if position.lat == 0 and position.lon == 0:
        return False
    if not (math.isfinite(position.lat) and math.isfinite(position.lon)):
        return False
    return position.accuracy_m is None or position.accuracy_m <= ACCURACY_USABLE_M


def is_vaguer(point: Point, known: Place) -> bool:
    """Say whether a fix tells less than the one that we have: its wide circle holds our place.

    Indoors a phone falls from satellites to cell towers; its alert must not follow it there.
    """
    if known.lat is None or known.lon is None or known.location.found_by not in _FIXED:
        return False
    unsure_m = _unsure_m(point.accuracy_m)
    away_m = distance_m(point.lat, point.lon, known.lat, known.lon)
    return unsure_m > _unsure_m(known.accuracy_m) and unsure_m > away_m


def distance_m(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Return metres between two near points (equirectangular; under 0.1 % off within 10 km)."""
    dy = (lat_a - lat_b) * _EARTH_M_PER_DEG
    dx = (lon_a - lon_b) * _EARTH_M_PER_DEG * math.cos(math.radians((lat_a + lat_b) / 2))
    return math.hypot(dx, dy)


def place(point: Point | None, locator: Locator) -> Place:
    """Find the quadrant of a point."""
    if point is None:
        nowhere = Location(
            edition=locator.edition.id,
            quadrant=None,
            found_by=FoundBy.NONE,
            border_m=None,
            border_exact=False,
            runner_up=None,
            reached=(),
        )
        return Place(None, None, None, None, "", nowhere)
    location = locator.locate(point.lat, point.lon, _unsure_m(point.accuracy_m))
    if point.source is not None and location.quadrant is not None:
        location = replace(location, found_by=point.source)
    return Place(point.lat, point.lon, point.accuracy_m, point.age_s, point.address, location)


def _unsure_m(accuracy_m: float | None) -> float:
    return ACCURACY_UNKNOWN_M if accuracy_m is None else accuracy_m


def _registered(spot: Spot, source: FoundBy) -> Point:
    return Point(spot.lat, spot.lon, 0.0, None, spot.address, source)

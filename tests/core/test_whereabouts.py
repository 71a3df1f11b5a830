from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.limits import ACCURACY_USABLE_M, LAST_KNOWN_MAX_AGE_S
from dispatch.core.registry import Device, Front, Registry
from dispatch.core.whereabouts import (
    LastKnown,
    Point,
    distance_m,
    is_usable,
    is_vaguer,
    place,
    whereabouts,
)
from protocol.messages import Position
from protocol.vocabulary import FoundBy, Role
from tests.core.town import FRONT, LOCATOR, MIDDLE, degrees, fix, spot

NOW_S = 5_000.0
REGISTRY = Registry(LOCATOR, [FRONT, Front("no-place", "Sin lugar")])
FIX = fix((2_500, 2_500))
LAST = LastKnown(fix((100, 100), age_s=20.0), NOW_S - 60)
DEVICE = Device("d", Role.BUTTON, "D", front_id="frente-1", spot=spot(MIDDLE, "Calle 1 # 2-3"))


def found(position=None, last=None, device=DEVICE):
    return whereabouts(position, last, device, REGISTRY, NOW_S)


def test_the_first_that_exists_is_taken():
    assert found(FIX, LAST) == Point(FIX.lat, FIX.lon, 5.0, 1.0)
    assert found(None, LAST).source is FoundBy.LAST_KNOWN
    assert found().source is FoundBy.REGISTERED
    of_a_front = Device("d", Role.APP, "D", front_id="frente-1")
    assert found(device=of_a_front).source is FoundBy.FRONT
    assert found(device=Device("d", Role.APP, "D", front_id="no-place")) is None
    assert found(device=Device("d", Role.APP, "D")) is None


def test_where_it_lately_was_tells_how_long_ago():
    assert found(None, LAST).age_s == 80.0
    too_old = LastKnown(FIX, NOW_S - LAST_KNOWN_MAX_AGE_S - 1)
    assert found(None, too_old).source is FoundBy.REGISTERED


def test_a_fix_of_nothing_is_none():
    for position in (Position(0.0, 0.0), fix(MIDDLE, accuracy_m=ACCURACY_USABLE_M + 1)):
        assert not is_usable(position)
        assert found(position).source is FoundBy.REGISTERED
    assert is_usable(fix(MIDDLE, accuracy_m=None))
    assert is_usable(Position(0.0, -74.1))


def test_a_registered_place_comes_with_its_address():
    located = place(found(), LOCATOR)
    assert located.address == "Calle 1 # 2-3"
    assert (located.location.quadrant, located.location.found_by) == ("B2", FoundBy.REGISTERED)


def test_a_place_beyond_every_quadrant_keeps_its_coordinates():
    lat, lon = degrees((20_000, 20_000))
    located = place(Point(lat, lon, source=FoundBy.LAST_KNOWN), LOCATOR)
    assert (located.lat, located.lon) == (lat, lon)
    assert (located.location.quadrant, located.location.found_by) == (None, FoundBy.NONE)


def test_no_point_is_no_place():
    located = place(None, LOCATOR)
    assert (located.lat, located.location.found_by) == (None, FoundBy.NONE)
    assert located.location.edition == "2024"


def test_a_fix_without_accuracy_is_taken_for_an_ordinary_one():
    lat, lon = degrees((1_980, 1_500))
    assert place(Point(lat, lon), LOCATOR).location.reached == ("C2",)
    assert place(Point(lat, lon, 5.0), LOCATOR).location.reached == ()


def point(east: float, accuracy_m: float | None, source: FoundBy | None = None) -> Point:
    lat, lon = degrees((east, 1_500))
    return Point(lat, lon, accuracy_m, source=source)


def test_a_fix_is_vaguer_whose_wide_circle_holds_the_place_we_have():
    known = place(point(1_500, 10), LOCATOR)
    assert is_vaguer(point(1_700, 500), known)
    assert not is_vaguer(point(1_700, 150), known), "whoever it is has moved"
    assert not is_vaguer(point(1_505, 8), known), "and this is a better fix"
    assert not is_vaguer(point(1_700, 500), place(None, LOCATOR))
    for source in (FoundBy.LAST_KNOWN, FoundBy.REGISTERED, FoundBy.FRONT):
        assert not is_vaguer(point(1_700, 500), place(point(1_500, 10, source), LOCATOR))


@given(st.floats(-60, 60), st.floats(-180, 180), st.floats(-3_000, 3_000), st.floats(-3_000, 3_000))
def test_distances_are_the_same_both_ways_and_right_along_a_meridian(lat, lon, north, east):
    other = (lat + north / 111_195, lon + east / 111_195)
    away_m = distance_m(lat, lon, *other)
    assert away_m == distance_m(*other, lat, lon)
    assert abs(distance_m(lat, lon, other[0], lon) - abs(north)) < 1e-6
    assert abs(north) - 1e-6 <= away_m <= abs(north) + abs(east) + 1e-6

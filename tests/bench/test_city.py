import numpy as np
import pytest
import shapely

from bench.city import (
    CONNECTIONS_MAX,
    FROM_BORDER_M,
    HANDHELDS_PER_QUADRANT,
    M_PER_DEG,
    SPOTS_APART_M,
    plan_city,
    room_for_idle,
    token_of,
)
from bench.failures import TooManySenders
from bench.locate import made_up_edition
from dispatch.core.limits import CORROBORATION_RADIUS_M
from dispatch.core.locate import Locator


def test_every_sender_stands_alone_and_well_within_its_quadrant() -> None:
    city = plan_city(quadrants=40, senders=500, idle=3)
    assert city.members == plan_city(quadrants=40, senders=500, idle=3).members
    places = np.array([(each.lon, each.lat) for each in city.senders])
    tree = shapely.STRtree(shapely.points(places))
    near = tree.query(tree.geometries, "dwithin", 0.9 * SPOTS_APART_M / M_PER_DEG)
    assert near.shape[1] == len(places), "each is near to nobody but itself"
    assert SPOTS_APART_M > CORROBORATION_RADIUS_M + 2 * 5, "and that is far enough"
    for each in city.senders:
        polygon = city.edition.quadrants[each.quadrant].polygon
        place = shapely.Point(each.lon, each.lat)
        assert polygon.contains(place)
        assert polygon.boundary.distance(place) * M_PER_DEG >= FROM_BORDER_M


def test_the_server_finds_the_quadrant_that_the_bench_expects() -> None:
    city = plan_city(quadrants=40, senders=300)
    locator = Locator(city.edition)
    for each in city.senders:
        location = locator.locate(each.lat, each.lon, 5.0)
        assert location.quadrant == city.edition.quadrants[each.quadrant].code
        assert not location.reached, "nobody else is told"


def test_each_quadrant_has_its_handhelds_and_every_device_its_own_token() -> None:
    city = plan_city(quadrants=5, senders=10, idle=3)
    beats = [each.quadrant for each in city.handhelds]
    assert sorted(beats) == sorted([*range(5)] * HANDHELDS_PER_QUADRANT)
    assert [each.number for each in city.handhelds] == [*range(10)]
    ids = [each.device_id for each in city.members]
    assert len(ids) == len(set(ids)) == 10 + 10 + 3
    assert len({token_of(each) for each in ids}) == len(ids)


def test_what_no_server_here_can_hold_is_scaled_down_and_said() -> None:
    assert room_for_idle(5_000, quadrants=600, senders=1_000) == (5_000, [])
    idle, (words,) = room_for_idle(50_000, quadrants=600, senders=1_000)
    assert idle == CONNECTIONS_MAX - 2 * 600 - 1_000
    assert "scaled down to 15,800" in words


def test_a_city_that_is_too_small_is_said() -> None:
    assert len(made_up_edition(2).quadrants) == 2
    with pytest.raises(TooManySenders, match="room for"):
        plan_city(quadrants=2, senders=10_000_000)

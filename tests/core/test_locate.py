"""The Locator against the plainest reckoning there is: every polygon asked, every distance taken
in a local plane of its own."""

import csv
import gzip
import math
import pickle
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
import shapely
import shapely.affinity
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dispatch.core.cells import RUNNER_UP_WITHIN_M
from dispatch.core.locate import ACCURACY_MAX_M, NEAREST_WITHIN_M, REACHED_MAX, Location, Locator
from dispatch.core.quadrants import Edition, Quadrant
from dispatch.store.quadrant_file import read_quadrants
from protocol.vocabulary import FoundBy

DATA = Path(__file__).parents[3] / "shared/data"
QUADRANTS = DATA / "bogota_cuadrantes_2024.geojson"
INCIDENTS = DATA / "bogota_siniestros_2015_2023.csv.gz"

CELL_DIAGONAL_M = 71.0


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Of longitude and of latitude (series of the WGS 84 ellipsoid)."""
    phi = math.radians(lat)
    north = 111_132.954 - 559.822 * math.cos(2 * phi) + 1.175 * math.cos(4 * phi)
    east = 111_412.84 * math.cos(phi) - 93.5 * math.cos(3 * phi) + 0.118 * math.cos(5 * phi)
    return east, north


@dataclass(frozen=True)
class Reckoned:
    """Of each quadrant: does it hold the point, and how far is its border?"""

    holds: dict[str, bool]
    border_m: dict[str, float]

    @classmethod
    def at(cls, edition: Edition, lat: float, lon: float) -> "Reckoned":
        east, north = metres_per_degree(lat)
        here = shapely.Point(lon, lat)
        holds, border_m = {}, {}
        for quadrant in edition.quadrants:
            holds[quadrant.code] = quadrant.polygon.covers(here)
            plane = shapely.affinity.affine_transform(
                quadrant.polygon.boundary, [east, 0, 0, north, -east * lon, -north * lat]
            )
            border_m[quadrant.code] = plane.distance(shapely.Point(0, 0))
        return cls(holds, border_m)

    def away_m(self, code: str) -> float:
        return 0.0 if self.holds[code] else self.border_m[code]


def near(metres: float) -> float:
    """The difference that two ways of reckoning a distance may have."""
    return 0.05 + metres * 1e-3


def check(location: Location, edition: Edition, lat: float, lon: float, accuracy_m: float) -> None:
    reckoned = Reckoned.at(edition, lat, lon)
    holders = sorted(code for code, holds in reckoned.holds.items() if holds)
    nearest_m = min(map(reckoned.away_m, reckoned.holds), default=math.inf)
    assert location.edition == edition.id
    if holders:
        assert location.found_by is (FoundBy.TIE if holders[1:] else FoundBy.INSIDE)
        assert location.quadrant == holders[0]
    elif location.found_by is FoundBy.NONE:
        assert nearest_m > NEAREST_WITHIN_M - near(NEAREST_WITHIN_M)
        assert (location.quadrant, location.border_m, location.reached) == (None, None, ())
        return
    else:
        assert location.found_by is FoundBy.NEAREST
        assert location.quadrant is not None
        assert nearest_m <= NEAREST_WITHIN_M + near(NEAREST_WITHIN_M)
        assert reckoned.away_m(location.quadrant) <= nearest_m + near(nearest_m)
    check_border(location, reckoned)
    check_others(location, reckoned, accuracy_m)


def check_border(location: Location, reckoned: Reckoned) -> None:
    border_m = reckoned.border_m[location.quadrant or ""]
    assert location.border_m is not None
    if location.border_exact:
        assert location.border_m == pytest.approx(border_m, abs=near(border_m))
    else:
        assert location.found_by is FoundBy.INSIDE
        assert 25 <= location.border_m <= border_m + near(border_m)


def check_others(location: Location, reckoned: Reckoned, accuracy_m: float) -> None:
    away_m = {c: reckoned.away_m(c) for c in reckoned.holds if c != location.quadrant}
    second_m = min(away_m.values(), default=math.inf)
    slack_m = near(second_m) + (0 if location.border_exact else CELL_DIAGONAL_M)
    if location.runner_up is None:
        assert second_m + slack_m >= RUNNER_UP_WITHIN_M
    else:
        assert away_m[location.runner_up] <= min(second_m, RUNNER_UP_WITHIN_M) + slack_m
    reach_m = min(accuracy_m, ACCURACY_MAX_M)
    distances_m = [away_m[code] for code in location.reached]
    assert all(metres <= reach_m + near(reach_m) for metres in distances_m)
    assert all(b >= a - near(a) for a, b in pairwise(distances_m))
    assert len(set(location.reached)) == len(location.reached) <= REACHED_MAX
    if len(location.reached) < REACHED_MAX:
        surely = {code for code, metres in away_m.items() if metres <= reach_m - near(reach_m)}
        assert surely <= set(location.reached)


# --- made-up cities -----------------------------------------------------------------------------

STEP_DEG = 1e-4  # 11 m
ORIGINS = st.sampled_from([(4.6, -74.1), (-0.001, -0.001), (10.4, -75.5), (-34.6, 179.9)])
SIDES = st.sampled_from([40, 250])  # quadrants of a block or of a suburb


# GEOS may reckon the same city with other corners: where it has to round, it goes through the
# points in an order left to chance. So nothing that is drawn depends on what GEOS has made.

SEEDS_MAX = 12


@st.composite
def cities(draw: st.DrawFn) -> Edition:
    """Tessellations with lakes, missing quadrants, quadrants in two parts, and overlaps."""
    (lat, lon), side = draw(ORIGINS), draw(SIDES)
    spot = st.tuples(st.integers(0, side), st.integers(0, side))
    seeds = draw(st.lists(spot, min_size=2, max_size=SEEDS_MAX, unique=True))
    lake_at, lake_size = draw(spot), draw(st.just(0) | st.integers(1, 40))
    joins, loses = draw(st.booleans()), draw(st.booleans())
    moved = draw(st.just(0) | st.integers(1, 30))
    order = draw(st.permutations(range(SEEDS_MAX)))
    towns = shapely.MultiPoint([(lon + x * STEP_DEG, lat + y * STEP_DEG) for x, y in seeds])
    frame = shapely.box(lon, lat, lon + side * STEP_DEG, lat + side * STEP_DEG)
    cells = shapely.get_parts(shapely.voronoi_polygons(towns, extend_to=frame))
    # Rounding leaves a cell now and then that touches itself, which GEOS then refuses to cut.
    polygons = [shapely.make_valid(cell).intersection(frame) for cell in cells]
    if lake_size:  # across borders or within one quadrant
        lake = shapely.Point(lon + lake_at[0] * STEP_DEG, lat + lake_at[1] * STEP_DEG)
        lake = lake.buffer(lake_size * STEP_DEG)
        polygons = [polygon.difference(lake) for polygon in polygons]
    if len(polygons) > 2 and joins:
        first = polygons.pop(0)
        polygons[-1] = polygons[-1].union(first)
    if len(polygons) > 2 and loses:
        polygons.pop()
    polygons[0] = shapely.affinity.translate(polygons[0], moved * STEP_DEG, 0)
    polygons = [
        p for p in polygons if p.geom_type in {"Polygon", "MultiPolygon"} and not p.is_empty
    ]
    assume(polygons)
    return Edition(
        "made up",
        tuple(Quadrant(f"Q{c}", "", "", "", "", p) for c, p in zip(order, polygons, strict=False)),
    )


Spot = tuple[float, float] | int

SHARES = st.floats(0, 1)
SPOTS: st.SearchStrategy[Spot] = st.tuples(SHARES, SHARES) | st.integers(0, 9_999)
"""Shares of the way through a city from south to north and from west to east, or a corner's or an
edge's number."""


def places(edition: Edition, spots: Sequence[Spot]) -> Iterator[tuple[float, float]]:
    """Anywhere near the city, and the corners and edges where ties are."""
    every = [quadrant.polygon for quadrant in edition.quadrants]
    west, south, east, north = shapely.total_bounds(every).tolist()
    corners = shapely.get_coordinates(every)
    middles = (corners[1:] + corners[:-1]) / 2
    special = [(y, x) for x, y in (*corners.tolist(), *middles.tolist())]
    pad = 0.006  # further than the nearest quadrant may be
    for spot in spots:
        if isinstance(spot, int):
            yield special[spot % len(special)]
        else:
            up, across = spot
            yield (
                south - pad + up * (north - south + 2 * pad),
                west - pad + across * (east - west + 2 * pad),
            )


ACCURACIES = st.sampled_from([0.0, 5.0, 30.0, 99.0, 101.0, 300.0, 5_000.0])


@settings(max_examples=60)
@given(cities(), st.lists(st.tuples(SPOTS, ACCURACIES), min_size=20, max_size=40))
def test_every_answer_is_that_of_the_polygons(edition: Edition, asked: list[tuple[Spot, float]]):
    locator = Locator(edition)
    copy = pickle.loads(pickle.dumps(locator))  # noqa: S301
    again = Locator(Edition(edition.id, edition.quadrants[::-1]))
    spots, accuracies = zip(*asked, strict=True)
    for (lat, lon), accuracy_m in zip(places(edition, spots), accuracies, strict=True):
        location = locator.locate(lat, lon, accuracy_m)
        check(location, edition, lat, lon, accuracy_m)
        assert copy.locate(lat, lon, accuracy_m) == location
        assert again.locate(lat, lon, accuracy_m) == location


# --- single cases -------------------------------------------------------------------------------

M = 1 / 110_600


def square(code: str, west: float, south: float, size: float = 1_000) -> Quadrant:
    """A square given in metres from (0, 0)."""
    box = shapely.box(west * M, south * M, (west + size) * M, (south + size) * M)
    return Quadrant(code, "", "", "", "", box)


@pytest.fixture(scope="module")
def two_squares() -> Locator:
    return Locator(Edition("two", (square("B", 0, 0), square("A", 1_000, 0))))


def test_a_shared_edge_is_a_tie_that_the_lowest_code_has(two_squares: Locator):
    location = two_squares.locate(500 * M, 1_000 * M)
    assert location.found_by is FoundBy.TIE
    assert (location.quadrant, location.runner_up, location.reached) == ("A", "B", ("B",))
    assert location.border_m == pytest.approx(0, abs=1e-6)


def test_a_hair_beyond_the_edge_is_no_tie():
    edge = 4.6007  # here the plane gives the edge and the hair beyond it one place
    south = Quadrant("A", "", "", "", "", shapely.box(-74.1, edge - 0.01, -74.09, edge))
    north = Quadrant("B", "", "", "", "", shapely.box(-74.1, edge, -74.09, edge + 0.01))
    locator = Locator(Edition("two", (south, north)))
    location = locator.locate(math.nextafter(edge, 90), -74.095)
    assert (location.quadrant, location.found_by) == ("B", FoundBy.INSIDE)
    assert location.runner_up == "A"


def test_a_place_between_many_small_quadrants_reaches_them_all():
    rows = tuple(square(f"Q{x}{y}", x * 90, y * 90, 90) for x in range(4) for y in range(4))
    edition = Edition("small", rows)
    locator = Locator(edition)
    for north in range(5, 360, 14):
        for east in range(5, 360, 14):
            location = locator.locate(north * M, east * M, 99.0)
            check(location, edition, north * M, east * M, 99.0)


def test_deep_inside_the_distance_is_at_least(two_squares: Locator):
    location = two_squares.locate(500 * M, 500 * M, 20.0)
    assert (location.quadrant, location.found_by) == ("B", FoundBy.INSIDE)
    assert not location.border_exact
    assert 400 < (location.border_m or 0) <= 501
    assert location.runner_up == "A"


def test_a_circle_over_the_border_reaches_the_neighbour_and_makes_the_distance_exact(
    two_squares: Locator,
):
    location = two_squares.locate(500 * M, 800 * M, 250.0)
    assert (location.quadrant, location.reached) == ("B", ("A",))
    assert location.border_exact
    assert location.border_m == pytest.approx(200, rel=0.01)
    assert two_squares.locate(500 * M, 800 * M, 150.0).reached == ()


def test_outside_the_nearest_within_the_limit_and_then_none(two_squares: Locator):
    location = two_squares.locate(500 * M, -100 * M)
    assert (location.quadrant, location.found_by) == ("B", FoundBy.NEAREST)
    assert location.border_m == pytest.approx(100, rel=0.01)
    assert two_squares.locate(500 * M, -400 * M).found_by is FoundBy.NONE


def test_a_hole_is_outside_and_its_ring_inside():
    ring = square("R", 0, 0).polygon.difference(square("", 400, 400, 200).polygon)
    locator = Locator(Edition("hole", (Quadrant("R", "", "", "", "", ring),)))
    assert locator.locate(500 * M, 500 * M).found_by is FoundBy.NEAREST
    assert locator.locate(500 * M, 500 * M).border_m == pytest.approx(100, rel=0.01)
    assert locator.locate(400 * M, 500 * M).found_by is FoundBy.INSIDE
    assert locator.locate(200 * M, 200 * M).found_by is FoundBy.INSIDE


def test_both_parts_of_a_quadrant_are_the_quadrant():
    parts = shapely.MultiPolygon([square("", 0, 0).polygon, square("", 3_000, 0).polygon])
    locator = Locator(Edition("parts", (Quadrant("P", "", "", "", "", parts),)))
    for east in (500, 3_500):
        location = locator.locate(500 * M, east * M)
        assert (location.quadrant, location.found_by) == ("P", FoundBy.INSIDE)
    assert locator.locate(500 * M, 2_000 * M).found_by is FoundBy.NONE


@pytest.mark.parametrize("odd", [math.nan, -math.nan, -1.0, -math.inf])
def test_an_accuracy_that_says_nothing_counts_as_none(two_squares: Locator, odd: float):
    assert two_squares.locate(500 * M, 990 * M, odd) == two_squares.locate(500 * M, 990 * M, 0.0)


@pytest.mark.parametrize("vast", [301.0, 1e12, math.inf])
def test_an_accuracy_has_a_limit(two_squares: Locator, vast: float):
    limit = two_squares.locate(500 * M, 800 * M, ACCURACY_MAX_M)
    assert two_squares.locate(500 * M, 800 * M, vast) == limit


@pytest.mark.parametrize(
    ("lat", "lon"), [(math.nan, 0), (0, math.nan), (math.inf, 0), (0, 181), (-90, 0), (91, 0)]
)
def test_off_the_globe_is_nowhere(two_squares: Locator, lat: float, lon: float):
    assert two_squares.locate(lat, lon).found_by is FoundBy.NONE


def test_without_quadrants_everywhere_is_nowhere():
    locator = pickle.loads(pickle.dumps(Locator(Edition("none yet", ()))))  # noqa: S301
    assert locator.locate(4.6, -74.1, 20.0).found_by is FoundBy.NONE


def test_no_more_are_reached_than_may_ring():
    rows = tuple(square(f"Q{x}{y}", x * 60, y * 60, 60) for x in range(5) for y in range(5))
    location = Locator(Edition("tiny", rows)).locate(150 * M, 150 * M, 200.0)
    assert location.quadrant == "Q22"
    assert len(location.reached) == REACHED_MAX
    assert set(location.reached[:4]) == {"Q12", "Q21", "Q23", "Q32"}


# --- the real city ------------------------------------------------------------------------------


@pytest.mark.skipif(
    not (QUADRANTS.exists() and INCIDENTS.exists()),
    reason="needs the real quadrants and incidents in ../shared/data",
)
def test_real_incidents_lie_where_their_column_says():
    read = read_quadrants(
        QUADRANTS, edition="2024", code_field="PCUNCUADRA", name_field="PCUDESCRIP"
    )
    locator = Locator(read.edition)
    with gzip.open(INCIDENTS, "rt", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    found = Counter[FoundBy]()
    wrong = []
    for row in rows:
        location = locator.locate(float(row["lat"]), float(row["lon"]))
        found[location.found_by] += 1
        held = location.quadrant if location.found_by in {FoundBy.INSIDE, FoundBy.TIE} else None
        if float(row["borde_m_2024"]) >= 1 and held != (row["cuadrante_2024"] or None):
            wrong.append((row["id"], row["cuadrante_2024"], location))
    assert wrong == []
    assert len(rows) == found.total() == 11_790
    assert found[FoundBy.NEAREST] + found[FoundBy.NONE] == 52

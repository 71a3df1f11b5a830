import pytest
import shapely

from dispatch.core.quadrants import Quadrant
from dispatch.store.coverage import gaps, overlaps

M = 1 / 110_600


def area(code: str, shape: shapely.Polygon) -> Quadrant:
    return Quadrant(code, "", "", "", "", shape)


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """A rectangle given in metres from (0, 0)."""
    return shapely.box(west * M, south * M, east * M, north * M)


def test_overlaps_are_told_once_and_the_largest_first():
    found = overlaps(
        [
            area("A", box(0, 0, 100, 100)),
            area("B", box(90, 0, 200, 100)),
            area("C", box(0, 99, 100, 200)),
            area("D", box(500, 0, 600, 100)),
        ]
    )
    assert [overlap.codes for overlap in found] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert [overlap.area_m2 for overlap in found] == pytest.approx([1_000, 100, 10], rel=0.01)


def test_a_shared_edge_and_a_sliver_of_rounding_are_no_overlap():
    touching = [area("A", box(0, 0, 100, 100)), area("B", box(100, 0, 200, 100))]
    assert overlaps(touching) == ()
    assert overlaps([*touching, area("C", box(0, 99.999, 100, 200))]) == ()


def test_a_gap_is_told_with_its_place_and_the_quadrants_round_it():
    (gap,) = gaps(
        [
            area("B", box(0, 0, 100, 300)),
            area("A", box(200, 0, 300, 300)),
            area("C", box(100, 0, 200, 100)),
            area("D", box(100, 150, 200, 300)),
            area("E", box(300, 0, 400, 300)),
        ]
    )
    assert gap.codes == ("A", "B", "C", "D")
    assert gap.area_m2 == pytest.approx(100 * 50, rel=0.01)
    assert 100 < gap.lat / M < 150
    assert 100 < gap.lon / M < 200


def test_ground_open_to_the_outside_is_no_gap():
    assert gaps([area("A", box(0, 0, 100, 100)), area("B", box(200, 0, 300, 100))]) == ()

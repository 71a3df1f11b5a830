import pickle

import pytest
import shapely

from dispatch.core.quadrants import Edition, Quadrant

M = 1 / 110_600  # degrees of latitude for a metre, near enough at the equator


def quadrant(code: str, west: float, south: float, east: float, north: float) -> Quadrant:
    """A rectangle given in metres from (0, 0)."""
    return Quadrant(code, code, "", "", "", shapely.box(west * M, south * M, east * M, north * M))


def test_quadrants_are_in_the_order_of_their_codes_and_found_by_them():
    edition = Edition("2024", (quadrant("B", 0, 0, 9, 9), quadrant("A", 9, 0, 20, 9)))
    assert [q.code for q in edition.quadrants] == ["A", "B"]
    assert edition.by_code["B"] is edition.quadrants[1]
    assert "C" not in edition.by_code


def test_a_code_may_not_occur_twice():
    with pytest.raises(ValueError, match="'A' occurs twice in edition '2024'"):
        Edition("2024", (quadrant("A", 0, 0, 9, 9), quadrant("A", 9, 0, 20, 9)))


def test_neighbours_lie_across_an_avenue_but_not_across_a_park():
    edition = Edition(
        "2024",
        (
            quadrant("A", 0, 0, 500, 500),
            quadrant("ACROSS THE AVENUE", 525, 0, 900, 500),
            quadrant("ACROSS THE PARK", 0, 540, 500, 900),
        ),
    )
    assert edition.neighbours["A"] == ("ACROSS THE AVENUE",)
    assert edition.neighbours["ACROSS THE AVENUE"] == ("A",)
    assert edition.neighbours["ACROSS THE PARK"] == ()


def test_neighbours_with_more_border_alongside_come_first_then_codes():
    edition = Edition(
        "2024",
        (
            quadrant("M", 0, 0, 400, 400),
            quadrant("D corner", 400, 400, 800, 800),
            quadrant("C half", 400, 100, 800, 300),
            quadrant("B whole", 0, -400, 400, 0),
            quadrant("A whole", 0, 400, 400, 800),
        ),
    )
    assert edition.neighbours["M"][2:] == ("C half", "D corner")
    assert set(edition.neighbours["M"][:2]) == {"A whole", "B whole"}


def test_an_edition_may_be_empty():
    assert Edition("none yet", ()).neighbours == {}


def test_an_edition_passes_between_processes():
    edition = Edition("2024", (quadrant("A", 0, 0, 9, 9), quadrant("B", 9, 0, 20, 9)))
    copy = pickle.loads(pickle.dumps(edition))  # noqa: S301
    assert (copy.id, copy.quadrants) == (edition.id, edition.quadrants)
    assert copy.by_code == edition.by_code
    assert copy.neighbours == edition.neighbours == {"A": ("B",), "B": ("A",)}

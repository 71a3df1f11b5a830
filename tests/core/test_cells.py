import pytest
import shapely

from dispatch.core import cells
from dispatch.core.locate import Locator
from dispatch.core.quadrants import Edition, Quadrant


def town(code: str, lat: float, lon: float, size: float = 0.01) -> Quadrant:
    return Quadrant(code, "", "", "", "", shapely.box(lon, lat, lon + size, lat + size))


def test_a_country_costs_no_more_than_its_towns():
    near = Locator(Edition("near", (town("A", 0.0, -75.0), town("B", 0.05, -75.0))))
    far = Locator(Edition("far", (town("A", -4.0, -75.0), town("B", 12.5, -81.7))))
    assert far.index_bytes < 2 * near.index_bytes


def test_without_room_for_blocks_answers_stay_the_same(monkeypatch: pytest.MonkeyPatch):
    edition = Edition("two", (town("A", 4.6, -74.1, 0.005), town("B", 4.6, -74.095, 0.005)))
    roomy = Locator(edition)
    monkeypatch.setattr(cells, "BLOCKS_MAX", 0)
    cramped = Locator(edition)
    assert cramped.index_bytes < roomy.index_bytes / 10
    for step in range(-20, 140):
        lat, lon = 4.6025, -74.1 + step * 1e-4
        quick, exact = roomy.locate(lat, lon, 20.0), cramped.locate(lat, lon, 20.0)
        assert (quick.quadrant, quick.found_by) == (exact.quadrant, exact.found_by)
        assert (quick.runner_up, quick.reached) == (exact.runner_up, exact.reached)
        if quick.border_m is not None and exact.border_m is not None:
            assert quick.border_m <= exact.border_m + 1e-6


def test_small_quadrants_come_first_where_room_is_short(monkeypatch: pytest.MonkeyPatch):
    edition = Edition("mixed", (town("RURAL", 4.0, -74.0, 0.5), town("URBAN", 4.6, -74.1)))
    monkeypatch.setattr(cells, "BLOCKS_MAX", 100)
    locator = Locator(edition)
    assert not locator.locate(4.605, -74.095).border_exact
    assert locator.locate(4.25, -73.75).border_exact


def test_neighbouring_cells_are_numbered_apart_across_blocks():
    locator = Locator(Edition("one", (town("A", 4.6, -74.1),)))
    index = locator._cells
    half = cells.CELL_DEG / 2
    row = [index.at(4.605, -74.0995 + half + n * cells.CELL_DEG) for n in range(20)]
    column = [index.at(4.6005 + half + n * cells.CELL_DEG, -74.095) for n in range(20)]
    assert len(set(row)) == len(set(column)) == 20
    assert index.at(-33.0, 151.0) == -1

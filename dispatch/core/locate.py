"""Which quadrant does a place belong to, how sure is that, and who else should be told.

The polygons decide, exactly. A grid of cells (`dispatch.core.cells`) stands in front: cells well
inside one quadrant answer by themselves, the others name the few quadrants to ask.

Avenues are borders and people press in avenues, so one bare quadrant is not an answer: it comes
with the distance to the border, the runner-up and the quadrants within the fix's accuracy.
"""

from typing import Any, Final

import numpy as np
import shapely
from msgspec import Struct
from numpy.typing import NDArray

from dispatch.core import cells
from dispatch.core.mercator import LIMIT_LAT, project, project_lines, scale
from dispatch.core.quadrants import Edition
from protocol.vocabulary import FoundBy

NEAREST_WITHIN_M: Final = 300.0
"""Outside every quadrant (a gap, a river, the edge of the city), the nearest one this near."""
ACCURACY_MAX_M: Final = 300.0
"""A fix that knows less than this would reach half the city; `reached` stops here."""
REACHED_MAX: Final = 6
"""Each quadrant reached is several more handhelds that ring."""
RUNNER_UP_WITHIN_M: Final = cells.RUNNER_UP_WITHIN_M
"""A quadrant further than this is nobody's second choice."""

assert ACCURACY_MAX_M <= RUNNER_UP_WITHIN_M  # noqa: S101 - one look around serves all three
assert NEAREST_WITHIN_M <= RUNNER_UP_WITHIN_M  # noqa: S101


class Location(Struct, frozen=True, gc=False):
    """Where a place is, in the words of one edition of the quadrants.

    `border_m` is the distance to the quadrant's border, from within for INSIDE and TIE, from
    without for NEAREST, and None without a quadrant. When not `border_exact`, it is "at least".
    `runner_up` is the nearest other quadrant within `RUNNER_UP_WITHIN_M`; where `border_exact` is
    false, the one nearest to the centre of the 50 m cell.
    `reached` are the other quadrants that hold the place or lie within the fix's accuracy, nearest
    first, at most `REACHED_MAX`.
    """

    edition: str
    quadrant: str | None
    found_by: FoundBy
    border_m: float | None
    border_exact: bool
    runner_up: str | None
    reached: tuple[str, ...]


class Locator:
    """Locates places in one edition; immutable, quick to pickle, slow to build (seconds a city).

    Raises ValueError for an edition of more than `cells.QUADRANTS_MAX` quadrants.
    """

    __slots__ = ("_borders", "_cells", "_codes", "_codes_or_none", "_polygons", "_tree", "edition")

    def __init__(self, edition: Edition) -> None:
        if len(edition.quadrants) > cells.QUADRANTS_MAX:
            raise ValueError(f"an edition holds at most {cells.QUADRANTS_MAX} quadrants")
        polygons = np.array([quadrant.polygon for quadrant in edition.quadrants], dtype=object)
        self._fill(edition, polygons, project_lines(shapely.boundary(polygons)))
        self._cells = cells.build_cells(self._polygons, self._borders, self._tree)

    def _fill(self, edition: Edition, polygons: Any, borders: Any) -> None:
        self.edition = edition
        self._codes = tuple(quadrant.code for quadrant in edition.quadrants)
        self._codes_or_none = (*self._codes, None)
        self._polygons, self._borders = polygons, borders
        self._tree = shapely.STRtree(borders)
        shapely.prepare(polygons)

    def __getstate__(self) -> tuple[Edition, Any, cells.Cells]:
        # Coordinate arrays unpickle much quicker than one object for each border.
        packed = shapely.to_ragged_array(self._borders) if len(self._borders) else ()
        return self.edition, packed, self._cells

    def __setstate__(self, state: tuple[Edition, Any, cells.Cells]) -> None:
        edition, packed, self._cells = state
        polygons = np.array([quadrant.polygon for quadrant in edition.quadrants], dtype=object)
        borders = shapely.from_ragged_array(*packed) if packed else np.empty(0, dtype=object)
        self._fill(edition, polygons, borders)

    @property
    def index_bytes(self) -> int:
        """Memory of the cell index."""
        return self._cells.size_bytes

    def locate(self, lat: float, lon: float, accuracy_m: float = 0.0) -> Location:
        """The quadrant of a place in degrees (WGS 84), whose fix is good to `accuracy_m`.

        Where several hold the place (overlaps, a shared edge) it is a TIE, and the lowest code
        has it; equally near quadrants rank by code too. A place off the globe, or not a number, is
        found by NONE; an accuracy that is negative or not a number counts as 0.
        """
        if not (-LIMIT_LAT <= lat <= LIMIT_LAT and -180.0 <= lon <= 180.0):
            return self._nowhere()
        reach_m = min(accuracy_m, ACCURACY_MAX_M) if accuracy_m > 0.0 else 0.0
        index = self._cells
        cell = index.at(lat, lon)
        if cell >= 0:
            clear_m = index.clear_m[cell]
            if reach_m < clear_m:
                return Location(
                    edition=self.edition.id,
                    quadrant=self._codes[index.holder[cell]],
                    found_by=FoundBy.INSIDE,
                    border_m=float(clear_m),
                    border_exact=False,
                    runner_up=self._codes_or_none[index.runner_up[cell]],
                    reached=(),
                )
            if reach_m <= cells.NEAR_REACH_M:
                return self._decide(lat, lon, reach_m, index.near(cell))
        return self._decide(lat, lon, reach_m, self._around(lat, lon))

    def _around(self, lat: float, lon: float) -> NDArray[np.intp]:
        """Every quadrant that can matter, for places that no cell answers."""
        x, y = project(lat, lon)
        radius = RUNNER_UP_WITHIN_M / scale(lat)
        square = shapely.box(x - radius, y - radius, x + radius, y + radius)
        found: NDArray[np.intp] = self._tree.query(square)
        return found

    def _decide(self, lat: float, lon: float, reach_m: float, near: NDArray[np.intp]) -> Location:
        """Exactly, by the polygons of `near`, which hold all that can matter."""
        here = shapely.Point(project(lat, lon))
        held = shapely.intersects_xy(self._polygons[near], lon, lat).tolist()
        borders = (shapely.distance(self._borders[near], here) * scale(lat)).tolist()
        # Numbers follow the codes, so the order is the same whatever order `near` came in.
        ranked = sorted(
            (-1.0 if holds else border_m, number, border_m)
            for holds, number, border_m in zip(held, near.tolist(), borders, strict=True)
        )
        holders = sum(held)
        if not ranked or (not holders and ranked[0][0] > NEAREST_WITHIN_M):
            return self._nowhere()
        (_, own, border_m), *others = ranked
        second = others[0] if others and others[0][0] <= RUNNER_UP_WITHIN_M else None
        return Location(
            edition=self.edition.id,
            quadrant=self._codes[own],
            found_by=(FoundBy.NEAREST, FoundBy.INSIDE, FoundBy.TIE)[min(holders, 2)],
            border_m=border_m,
            border_exact=True,
            runner_up=self._codes[second[1]] if second else None,
            reached=tuple(
                self._codes[number] for away, number, _ in others[:REACHED_MAX] if away <= reach_m
            ),
        )

    def _nowhere(self) -> Location:
        return Location(self.edition.id, None, FoundBy.NONE, None, False, None, ())

"""Quadrants (cuadrantes) and one edition of a city's set of them.

A code does not name a place for good: police commands redraw their quadrants and use the old
codes again, so whatever is located keeps the id of the edition it was located in.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter

import numpy as np
import shapely

from dispatch.core.mercator import project_geometries, scales

# Avenues lie between quadrants, and few are wider than this from kerb to kerb.
NEIGHBOUR_WITHIN_M = 30.0


@dataclass(frozen=True, slots=True)
class Quadrant:
    """One patrol area. `polygon` is valid, in degrees (lon, lat) of WGS 84; holes are allowed."""

    code: str
    name: str
    station: str
    cai: str
    phone: str
    polygon: shapely.Polygon | shapely.MultiPolygon


@dataclass(frozen=True, slots=True, eq=False)
class Edition:
    """One edition of a city's quadrants, sorted by code; immutable.

    `neighbours` names, for each code, the quadrants at most `NEIGHBOUR_WITHIN_M` away, the one
    with most border alongside first, then by code.

    Raises ValueError when a code occurs twice.
    """

    id: str
    quadrants: tuple[Quadrant, ...]
    by_code: Mapping[str, Quadrant] = field(init=False, repr=False)
    neighbours: Mapping[str, tuple[str, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        quadrants = tuple(sorted(self.quadrants, key=attrgetter("code")))
        for one, other in pairwise(quadrants):
            if one.code == other.code:
                raise ValueError(f"code {one.code!r} occurs twice in edition {self.id!r}")
        by_code = {quadrant.code: quadrant for quadrant in quadrants}
        object.__setattr__(self, "quadrants", quadrants)
        object.__setattr__(self, "by_code", by_code)
        object.__setattr__(self, "neighbours", _neighbours(quadrants))


def _neighbours(quadrants: Sequence[Quadrant]) -> dict[str, tuple[str, ...]]:
    polygons = np.array([quadrant.polygon for quadrant in quadrants], dtype=object)
    if not len(polygons):
        return {}
    plane = project_geometries(polygons)
    radius = NEIGHBOUR_WITHIN_M / scales(shapely.get_y(shapely.centroid(polygons)))
    one, other = shapely.STRtree(plane).query(plane, predicate="dwithin", distance=radius)
    # Each pair once and then both ways: two radii differ by a hair, neighbourhood must not.
    one, other = one[one < other], other[one < other]
    one, other = np.concatenate((one, other)), np.concatenate((other, one))
    beside = shapely.buffer(plane, radius)[one]
    shared = shapely.length(shapely.intersection(shapely.boundary(plane)[other], beside))
    ranked = sorted(zip(one.tolist(), (-shared).tolist(), other.tolist(), strict=True))
    found = defaultdict(list)
    for index, _, neighbour in ranked:
        found[index].append(quadrants[neighbour].code)
    return {quadrant.code: tuple(found[i]) for i, quadrant in enumerate(quadrants)}

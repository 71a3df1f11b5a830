"""How well quadrants cover their city: where two claim the same ground, and where none does."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely

from dispatch.core.mercator import areas_m2
from dispatch.core.quadrants import Quadrant

WORTH_A_WORD_M2: Final = 0.5
"""Below this lie the roundings of the seventh decimal, which no patrol can stand on."""
TOUCHING_DEG: Final = 1e-6
"""About 10 cm: what borders a gap."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Ground that two quadrants claim; the Locator calls a press there a tie."""

    codes: tuple[str, str]
    area_m2: float


@dataclass(frozen=True, slots=True)
class Gap:
    """Ground within the city that no quadrant claims, and the quadrants round it."""

    codes: tuple[str, ...]
    area_m2: float
    lat: float
    lon: float


def overlaps(quadrants: Sequence[Quadrant]) -> tuple[Overlap, ...]:
    """Every overlap of two quadrants worth a word, largest first."""
    polygons = _polygons(quadrants)
    one, other = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    one, other = one[one < other], other[one < other]
    areas = areas_m2(shapely.intersection(polygons[one], polygons[other]))
    found = [
        Overlap((quadrants[i].code, quadrants[j].code), area)
        for i, j, area in zip(one.tolist(), other.tolist(), areas.tolist(), strict=True)
        if area >= WORTH_A_WORD_M2
    ]
    return tuple(sorted(found, key=lambda overlap: (-overlap.area_m2, overlap.codes)))


def gaps(quadrants: Sequence[Quadrant]) -> tuple[Gap, ...]:
    """Every hole that is left in the union of the quadrants and worth a word, largest first.

    Ground that is open to the outside of the city is no hole and is not found.
    """
    polygons = _polygons(quadrants)
    parts = shapely.get_parts(shapely.union_all(polygons))
    rings = np.array([ring for part in parts for ring in part.interiors], dtype=object)
    holes = shapely.polygons(rings)
    hole, beside = shapely.STRtree(polygons).query(
        holes, predicate="dwithin", distance=TOUCHING_DEG
    )
    inner = shapely.point_on_surface(holes)
    found = [
        Gap(
            codes=tuple(sorted(quadrants[i].code for i in beside[hole == number].tolist())),
            area_m2=area,
            lat=round(float(inner[number].y), 6),
            lon=round(float(inner[number].x), 6),
        )
        for number, area in enumerate(areas_m2(holes).tolist())
        if area >= WORTH_A_WORD_M2
    ]
    return tuple(sorted(found, key=lambda gap: (-gap.area_m2, gap.codes)))


def _polygons(quadrants: Sequence[Quadrant]) -> Any:
    return np.array([quadrant.polygon for quadrant in quadrants], dtype=object)

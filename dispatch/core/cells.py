"""A grid in front of the polygons: what is known of every point of a small cell before any
geometry is asked.

Cells of about 50 m come in blocks of 16 × 16. Only blocks that touch a quadrant exist (a dict from
block to cells), so a country's bounding box costs nothing; every column is an array, so an index of
hundreds of thousands of cells passes from process to process as bytes.

All of a cell's facts follow from its centre: no point of the cell is further from the centre than
half a diagonal, so no distance differs by more than that.
"""

import sys
from array import array
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from dispatch.core.mercator import project_points, scale, scales

CELL_DEG: Final = 0.000_45  # 50 m
BLOCK_CELLS: Final = 16
BLOCKS_MAX: Final = 16_384  # 10,000 km² of quadrants, 42 MB; beyond, lookups are exact but slower
QUADRANTS_MAX: Final = 0xFFFE  # two bytes for one, and a mark for none
CLEAR_FROM_M: Final = 25.0  # nearer to a border than this, no cell answers without geometry
NEAR_REACH_M: Final = 100.0  # accuracy circles up to this are decided from the cell's own list
RUNNER_UP_WITHIN_M: Final = 1_000.0
ROUNDING_M: Final = 1.0  # far above every rounding of the plane and of floating point

_PER_DEG: Final = 1.0 / CELL_DEG
_BLOCK_SHIFT: Final = BLOCK_CELLS.bit_length() - 1
_IN_BLOCK: Final = BLOCK_CELLS - 1
_ROW_SHIFT: Final = 20  # a row of blocks holds fewer than 2**20 of them
_BLOCK_DEG: Final = CELL_DEG * BLOCK_CELLS


@dataclass(frozen=True, slots=True)
class Cells:
    """Columns by cell number; quadrants are numbers in the order of the edition.

    Where `clear_m` is above 0, the whole cell lies in `holder` alone and at least that far from
    every border, and `runner_up` is the other quadrant nearest to its centre (or the quadrants'
    count: none). `near` lists, ascending, every quadrant that can hold a point of the cell, be
    nearest or second nearest to it, or be reached from it within `NEAR_REACH_M`.
    """

    blocks: dict[int, int]
    clear_m: "array[int]"
    holder: "array[int]"
    runner_up: "array[int]"
    list_of: "array[int]"
    list_start: "array[int]"
    lists: NDArray[np.intp]

    def at(self, lat: float, lon: float) -> int:
        """The number of the cell of a point on the globe, or -1 where there is none."""
        row, column = int((lat + 90.0) * _PER_DEG), int((lon + 180.0) * _PER_DEG)
        key = (row >> _BLOCK_SHIFT) << _ROW_SHIFT | column >> _BLOCK_SHIFT
        first = self.blocks.get(key, -1)
        if first < 0:
            return -1
        return first + ((row & _IN_BLOCK) << _BLOCK_SHIFT | column & _IN_BLOCK)

    def near(self, cell: int) -> NDArray[np.intp]:
        """The quadrants that matter anywhere in the cell."""
        which = self.list_of[cell]
        return self.lists[self.list_start[which] : self.list_start[which + 1]]

    @property
    def size_bytes(self) -> int:
        """Memory of the index, without the polygons that it stands before."""
        columns = (self.clear_m, self.holder, self.runner_up, self.list_of, self.list_start)
        blocks = sys.getsizeof(self.blocks) + sum(
            sys.getsizeof(number) for pair in self.blocks.items() for number in pair
        )
        return blocks + sum(map(sys.getsizeof, columns)) + int(self.lists.nbytes)


def build_cells(polygons: Any, borders: Any, tree: shapely.STRtree) -> Cells:
    """Cells over `polygons` (degrees), whose `borders` and their `tree` are in the plane."""
    blocks: dict[int, int] = {}
    clear_m, holder, runner_up, list_of = array("H"), array("H"), array("H"), array("I")
    lists: dict[bytes, int] = {}  # neighbouring cells share theirs
    for key in _blocks_over(polygons):
        blocks[key] = len(list_of)
        block = _survey(key, polygons, borders, tree)
        clear_m.extend(block.clear_m.tolist())
        holder.extend(block.holder.tolist())
        runner_up.extend(block.runner_up.tolist())
        list_of.extend(lists.setdefault(near, len(lists)) for near in block.near)
    flat = np.frombuffer(b"".join(lists), dtype=np.intp)
    ends = accumulate((len(near) // flat.itemsize for near in lists), initial=0)
    return Cells(blocks, clear_m, holder, runner_up, list_of, array("I", ends), flat)


def _blocks_over(polygons: Any) -> list[int]:
    """Blocks that touch a polygon, as many as are allowed: small quadrants first, for most people
    live in those."""
    keys: set[int] = set()
    for index in np.argsort(shapely.area(polygons), kind="stable"):
        west, south, east, north = shapely.bounds(polygons[index])
        columns = np.arange(int((west + 180.0) / _BLOCK_DEG), int((east + 180.0) / _BLOCK_DEG) + 1)
        rows = np.arange(int((south + 90.0) / _BLOCK_DEG), int((north + 90.0) / _BLOCK_DEG) + 1)
        if len(keys) + len(columns) * len(rows) > BLOCKS_MAX:
            break
        row, column = (axis.ravel() for axis in np.meshgrid(rows, columns, indexing="ij"))
        left, low = column * _BLOCK_DEG - 180.0, row * _BLOCK_DEG - 90.0
        boxes = shapely.box(left, low, left + _BLOCK_DEG, low + _BLOCK_DEG)
        touched = shapely.intersects(polygons[index], boxes)
        keys.update((row[touched] << _ROW_SHIFT | column[touched]).tolist())
    return sorted(keys)


def _centres(key: int) -> tuple[NDArray[np.float64], float]:
    """The centres of a block's cells, in the order of their numbers, and half a cell's diagonal
    in metres."""
    row, column = key >> _ROW_SHIFT, key & (1 << _ROW_SHIFT) - 1
    steps = (np.arange(BLOCK_CELLS) + 0.5) * CELL_DEG
    lats, lons = row * _BLOCK_DEG - 90.0 + steps, column * _BLOCK_DEG - 180.0 + steps
    lat, lon = (axis.ravel() for axis in np.meshgrid(lats, lons, indexing="ij"))
    centres = np.column_stack((lon, lat))
    first = project_points(np.array([[lon[0], lat[0]], [lon[0] + CELL_DEG, lat[0] + CELL_DEG]]))
    widest = max(scale(lats[0]), scale(lats[-1]))
    return centres, float(np.hypot(*(first[1] - first[0]))) * widest / 2.0


class _Block(NamedTuple):
    """The columns of `Cells` for one block; `near` holds the lists as bytes."""

    clear_m: NDArray[np.intp]
    holder: NDArray[np.intp]
    runner_up: NDArray[np.intp]
    near: list[bytes]


def _survey(key: int, polygons: Any, borders: Any, tree: shapely.STRtree) -> _Block:
    centres, half_m = _centres(key)
    planar, metres = project_points(centres), scales(centres[:, 1])
    margin = (RUNNER_UP_WITHIN_M + 2 * half_m) / metres.min()
    window = (*(planar.min(axis=0) - margin), *(planar.max(axis=0) + margin))
    around = np.sort(tree.query(shapely.box(*window)))

    held = shapely.intersects_xy(polygons[around, np.newaxis], centres[:, 0], centres[:, 1])
    # Only what can matter of each border: a rural one has thousands of vertices elsewhere.
    borders = shapely.clip_by_rect(borders[around, np.newaxis], *window)
    border = shapely.distance(borders, shapely.points(planar)) * metres
    border[np.isnan(border)] = np.inf  # all of it is too far away
    away = np.where(held, 0.0, border)

    clear = border.min(axis=0, initial=np.inf) - half_m - ROUNDING_M
    clear[(held.sum(axis=0) != 1) | (clear < CLEAR_FROM_M)] = 0.0
    numbers = np.append(around, len(polygons))
    return _Block(
        clear_m=np.minimum(clear, 0xFFFF).astype(np.intp),
        holder=numbers[np.vstack((held, ~held.any(axis=0))).argmax(axis=0)],
        runner_up=numbers[_nearest_other(away, held)],
        near=[around[near].tobytes() for near in _near(away, half_m).T],
    )


def _nearest_other(away: NDArray[np.float64], held: NDArray[np.bool_]) -> NDArray[np.intp]:
    """For each centre the row of the nearest quadrant that does not hold it; the row after the
    last where none is within `RUNNER_UP_WITHIN_M`."""
    nobody = np.full((1, away.shape[1]), RUNNER_UP_WITHIN_M)
    nearest: NDArray[np.intp] = np.vstack((np.where(held, np.inf, away), nobody)).argmin(axis=0)
    return nearest


def _near(away: NDArray[np.float64], half_m: float) -> NDArray[np.bool_]:
    """Which quadrants (rows) matter anywhere in the cell of each centre (columns)."""
    nobody = np.full((2, away.shape[1]), np.inf)
    second = np.partition(np.vstack((away, nobody)), 1, axis=0)[1]
    # Somewhere in the cell the second nearest is at most `second + half` away, and a quadrant as
    # near as that is at most one half further from the centre.
    reach = np.maximum(NEAR_REACH_M + half_m, second + 2 * half_m)
    reach = np.minimum(reach, RUNNER_UP_WITHIN_M + half_m) + ROUNDING_M
    matter: NDArray[np.bool_] = away <= reach
    return matter

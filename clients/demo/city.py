"""A fictional coastal city, cut into about 120 police quadrants: the same seed, the same bytes.

It has what real quadrant files have and programs get wrong: a river that belongs to nobody, a
quadrant of two parts (an island), one with a hole (a lagoon), streets that are not straight.
Everything is drawn in metres on a plane and turned into degrees at the end.
"""

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

from clients.demo.names import CAIS, STATIONS

NAME: Final = "Puerto Marisma"
EDITION: Final = "demo-1"
UNIT: Final = "MEDEM"
QUADRANTS: Final = 120

CENTRE_LAT: Final = 10.62
CENTRE_LON: Final = -75.02
"""Where the plane's origin is: on a Caribbean coast, where no city of this name is."""
M_PER_DEG: Final = 111_195.0

RADIUS_M: Final = 5_400.0
RIVER_M: Final = 130.0
ROUNDS_OF_RELAXING: Final = 2
BEND_EVERY_M: Final = 90.0
LAGOON_SHARE: Final = 0.35
"""Of the widest circle that fits into the quadrant around it."""
DECIMALS: Final = 7

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Block:
    """One quadrant of the plan, before it has its code."""

    shape: Polygon | MultiPolygon
    station: int
    cai: int


def sample_city(seed: int = 1, quadrants: int = QUADRANTS) -> bytes:
    """Return the city as a GeoJSON FeatureCollection in EPSG:4326 (RFC 7946)."""
    rng = np.random.default_rng(seed)
    land = _land(rng)
    shapes = _cells(land, _seeds(land, quadrants, rng))
    _with_lagoon(shapes)
    _with_island(shapes, land)
    phase = rng.uniform(0, 2 * math.pi, 2)
    blocks = _posts([shapely.transform(shape, lambda xy: _bend(xy, phase)) for shape in shapes])
    features = [_feature(number, block) for number, block in enumerate(blocks, 1)]
    collection = {"type": "FeatureCollection", "name": NAME, "features": features}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


def _land(rng: np.random.Generator) -> list[Polygon]:
    """Draw the ground of the city: an uneven coast with a bay in the west, cut by a river."""
    angles = np.linspace(0, 2 * math.pi, 180, endpoint=False)
    radius = np.full_like(angles, RADIUS_M)
    for waves in (2, 3, 5, 9):
        radius += RADIUS_M * 0.14 / waves * np.cos(waves * angles + rng.uniform(0, 6))
    radius -= RADIUS_M * 0.38 * np.exp(-(((angles - math.pi) / 0.32) ** 2))
    coast = Polygon(np.column_stack([radius * np.cos(angles), radius * np.sin(angles)]))
    x = np.linspace(-1.6 * RADIUS_M, 1.6 * RADIUS_M, 120)
    y = 900 * np.sin(x / 2300 + rng.uniform(0, 6)) + 0.25 * x
    river = LineString(np.column_stack([x, y])).buffer(RIVER_M / 2)
    banks = shapely.get_parts(coast.difference(river)).tolist()
    return [bank for bank in banks if bank.area > 1e6]


def _seeds(land: Sequence[Polygon], quadrants: int, rng: np.random.Generator) -> Points:
    """Scatter the quadrants' centres, denser downtown, and relax them (S. Lloyd, 1982)."""
    ground = shapely.union_all(land)
    shapely.prepare(ground)
    seeds: list[tuple[float, float]] = []
    while len(seeds) < quadrants:
        x, y = rng.uniform(-1.5 * RADIUS_M, 1.5 * RADIUS_M, 2)
        downtown = math.exp(-((math.hypot(x, y) / RADIUS_M) ** 2))
        if rng.uniform() < 0.25 + 0.75 * downtown and shapely.contains_xy(ground, x, y):
            seeds.append((float(x), float(y)))
    points = np.array(seeds)
    for _ in range(ROUNDS_OF_RELAXING):
        cells = np.array(_cells(land, points))
        centres = shapely.centroid(cells)
        centres = np.where(shapely.covers(cells, centres), centres, shapely.point_on_surface(cells))
        points = shapely.get_coordinates(centres)
    return points


def _cells(land: Sequence[Polygon], seeds: Points) -> list[Polygon]:
    """Cut the ground along the Voronoi edges of the seeds, so that neighbours share vertices."""
    sites = shapely.multipoints(seeds)
    edges = shapely.voronoi_polygons(sites, only_edges=True, extend_to=shapely.box(*_BOUNDS))
    cells: list[Polygon] = []
    for bank in land:
        lines = shapely.segmentize(shapely.union_all([bank.boundary, edges]), BEND_EVERY_M)
        faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
        faces = faces[shapely.covers(bank, shapely.point_on_surface(faces))]
        cells += _one_part_each(faces.tolist(), seeds, shapely.STRtree(shapely.points(seeds)))
    order = np.lexsort(shapely.get_coordinates(shapely.centroid(np.array(cells))).round(3).T)
    return [cells[at] for at in order]


_BOUNDS: Final = (-2 * RADIUS_M, -2 * RADIUS_M, 2 * RADIUS_M, 2 * RADIUS_M)


def _one_part_each(faces: list[Polygon], seeds: Points, tree: shapely.STRtree) -> list[Polygon]:
    """Join what a seed's cell lost across a bend of the coast to the neighbour it touches most."""
    by_seed: dict[int, list[Polygon]] = defaultdict(list)
    for face in faces:
        by_seed[int(tree.nearest(face.representative_point()))].append(face)
    kept: list[Polygon] = []
    strays: list[Polygon] = []
    for at, parts in sorted(by_seed.items()):
        parts.sort(key=lambda part: -part.area)
        home = Point(seeds[at])
        mine = next((part for part in parts if part.covers(home)), None)
        strays += [part for part in parts if part is not mine]
        if mine is not None:
            kept.append(mine)
    for stray in sorted(strays, key=lambda part: -part.area):
        touching = [stray.intersection(cell).length for cell in kept]
        most = int(np.argmax(touching))
        kept[most] = shapely.coverage_union_all([kept[most], stray])
    return kept


def _with_lagoon(shapes: list[Polygon]) -> None:
    """Make a hole in the quadrant that has most room for one."""
    circles = [shapely.maximum_inscribed_circle(shape, tolerance=1.0) for shape in shapes]
    at = max(range(len(shapes)), key=lambda number: round(circles[number].length, 3))
    centre = circles[at].coords[0]
    lagoon = Point(centre).buffer(circles[at].length * LAGOON_SHARE)
    shapes[at] = shapes[at].difference(lagoon)


def _with_island(shapes: list[Any], land: Sequence[Polygon]) -> None:
    """Give the quadrant at the head of the bay an island in front of it."""
    sea = Point(-0.98 * RADIUS_M, -0.04 * RADIUS_M)
    angles = np.linspace(0, 2 * math.pi, 24, endpoint=False)
    radius = 260 + 50 * np.cos(3 * angles)
    ring = np.column_stack([radius * np.cos(angles) + sea.x, radius * np.sin(angles) + sea.y])
    island = Polygon(ring).difference(shapely.buffer(shapely.union_all(land), 100))
    nearest = min(range(len(shapes)), key=lambda at: round(shapes[at].distance(island), 3))
    shapes[nearest] = MultiPolygon([shapes[nearest], island])


def _bend(xy: Points, phase: Points) -> Points:
    """Bend the whole plan smoothly: streets follow hills, not rulers. The same for every vertex."""
    x, y = xy[:, 0], xy[:, 1]
    dx = 110 * np.sin(y / 520 + phase[0]) + 60 * np.sin((x + y) / 390)
    dy = 110 * np.sin(x / 560 + phase[1]) + 60 * np.cos((x - y) / 410)
    return np.column_stack([x + dx, y + dy])


def _posts(shapes: Sequence[Any]) -> list[Block]:
    """Give every quadrant a station (by compass) and a CAI of it (by distance from downtown)."""
    centres = shapely.get_coordinates(shapely.centroid(np.array(shapes, dtype=object)))
    angles = np.arctan2(centres[:, 1], centres[:, 0]) + math.pi
    away = np.hypot(centres[:, 0], centres[:, 1])
    blocks: list[Block] = []
    by_angle = np.argsort(angles.round(6), kind="stable")
    for station, members in enumerate(np.array_split(by_angle, len(STATIONS)), 1):
        outwards = members[np.argsort(away[members].round(3), kind="stable")]
        for cai, few in enumerate(np.array_split(outwards, CAIS_PER_STATION), 1):
            blocks += [Block(shapes[at], station, cai) for at in few]
    return blocks


CAIS_PER_STATION: Final = 4
STATIONS_PER_DISTRICT: Final = 3


def _feature(number: int, block: Block) -> dict[str, Any]:
    district = (block.station - 1) // STATIONS_PER_DISTRICT + 1
    code = f"{UNIT}MNVCCC{district:02}E{block.station:02}C{block.cai:02}{number:06}"
    cai = CAIS[(block.station - 1) * CAIS_PER_STATION + block.cai - 1]
    shape = shapely.transform(shapely.normalize(block.shape), _degrees)
    return {
        "type": "Feature",
        "properties": {
            "PCUNCUADRA": code,
            "PCUDESCRIP": f"Cuadrante {number:03}",
            "PCUNOMEST": STATIONS[block.station - 1],
            "PCUNOMCAI": cai,
            "PCUTELEFON": f"+57000000{number:04}",
        },
        "geometry": json.loads(shapely.to_geojson(shapely.orient_polygons(shape))),
    }


def _degrees(xy: Points) -> Points:
    lat = CENTRE_LAT + xy[:, 1] / M_PER_DEG
    lon = CENTRE_LON + xy[:, 0] / (M_PER_DEG * math.cos(math.radians(CENTRE_LAT)))
    return np.column_stack([lon, lat]).round(DECIMALS)

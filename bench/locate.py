"""How long a place takes to find its quadrant, and what the index costs.

    python -m bench.locate quadrants.geojson --code-field CODE --points incidents.csv.gz

Without a file, a made-up city of 600 quadrants; without points, points spread over the quadrants.
Times are of single calls and hold the timer's own (stated); the machine's other work shows in p99.
"""

import argparse
import csv
import gzip
import json
import pickle
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from dispatch.core.locate import Locator
from dispatch.core.mercator import project_lines, project_points, scales
from dispatch.core.quadrants import Edition, Quadrant
from dispatch.store.quadrant_file import QuadrantFileError, read_quadrants

Points = list[tuple[float, float]]

SEED = 20260101
MADE_UP_QUADRANTS = 600
MADE_UP_CITY = (-74.22, 4.48, -74.00, 4.83)  # west, south, east, north
POINTS = 12_000
ROUNDS = 5
ACCURACIES_M = (0.0, 20.0, 100.0)
BANDS_M = {"away from borders": (100.0, 1e9), "between": (20.0, 100.0), "at borders": (0.0, 20.0)}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.locate", description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, help="GeoJSON of quadrants")
    parser.add_argument("--code-field", default="PCUNCUADRA", help="property with the code")
    parser.add_argument("--points", type=Path, help="CSV (or .gz) with columns lat and lon")
    parser.add_argument("--json", metavar="PATH", help="write the figures as JSON too; - is stdout")
    args = parser.parse_args(argv)
    try:
        edition = _read(args.file, args.code_field) if args.file else made_up_edition()
        points = _points(args.points) if args.points else spread_points(edition)
    except (OSError, KeyError, ValueError, QuadrantFileError) as error:
        print(f"bench.locate: {error}", file=sys.stderr)
        return 1
    figures = measure(edition, points)
    if args.json == "-":
        print(json.dumps(figures, indent=2))
        return 0
    print("\n".join(_lines(figures)))
    if args.json:
        Path(args.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


def _read(path: Path, code_field: str) -> Edition:
    return read_quadrants(
        path, edition="bench", code_field=code_field, name_field=code_field.partition(",")[0]
    ).edition


def _points(path: Path) -> Points:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        return [(float(row["lat"]), float(row["lon"])) for row in csv.DictReader(lines)]


def made_up_edition(count: int = MADE_UP_QUADRANTS) -> Edition:
    """Quadrants round seeded random points, without gaps."""
    rng = random.Random(SEED)
    west, south, east, north = MADE_UP_CITY
    city = shapely.box(*MADE_UP_CITY)
    seeds = [(rng.uniform(west, east), rng.uniform(south, north)) for _ in range(count)]
    areas = shapely.get_parts(shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=city))
    return Edition(
        "made-up",
        tuple(
            Quadrant(
                f"Q{number:04}", f"Cuadrante {number}", "", "", "", shapely.intersection(a, city)
            )
            for number, a in enumerate(areas)
        ),
    )


def spread_points(edition: Edition, count: int = POINTS) -> Points:
    """Seeded random points inside the quadrants, as many in each."""
    rng = np.random.default_rng(SEED)
    points: Points = []
    for quadrant in edition.quadrants:
        west, south, east, north = quadrant.polygon.bounds
        wanted = -(-count // len(edition.quadrants))
        tries = rng.uniform((west, south), (east, north), (64 * wanted, 2))
        inside = tries[shapely.contains_xy(quadrant.polygon, tries)][:wanted]
        points.extend((lat, lon) for lon, lat in inside.tolist())
    return points


def measure(edition: Edition, points: Points) -> dict[str, Any]:
    """Every figure, by name with its unit."""
    started = time.perf_counter()
    locator = Locator(edition)
    built_s = time.perf_counter() - started
    packed = pickle.dumps(locator, pickle.HIGHEST_PROTOCOL)
    unpickle_ms = min(_seconds(lambda: pickle.loads(packed)) for _ in range(ROUNDS)) * 1e3  # noqa: S301 - our own bytes
    return {
        "quadrants": len(edition.quadrants),
        "index_build_s": round(built_s, 2),
        "index_memory_mb": round(locator.index_bytes / 1e6, 2),
        "pickle_mb": round(len(packed) / 1e6, 2),
        "unpickle_ms": round(unpickle_ms, 1),
        "timer_us": round(statistics.median(_spent_us(lambda *_: None, points, 0.0)), 3),
        "lookups": list(_lookups(locator, edition, points)),
    }


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _lookups(locator: Locator, edition: Edition, points: Points) -> Iterator[dict[str, Any]]:
    away_m = _border_distances_m(edition, points)
    for band, (from_m, to_m) in BANDS_M.items():
        chosen = [p for p, m in zip(points, away_m, strict=True) if from_m <= m < to_m]
        for accuracy_m in ACCURACIES_M if chosen else ():
            spent_us = sorted(_spent_us(locator.locate, chosen, accuracy_m))
            yield {
                "band": band,
                "border_m": [from_m, to_m],
                "points": len(chosen),
                "accuracy_m": accuracy_m,
                "lookup_us_p50": round(statistics.median(spent_us), 2),
                "lookup_us_p99": round(spent_us[len(spent_us) * 99 // 100], 2),
            }


def _border_distances_m(edition: Edition, points: Points) -> list[float]:
    """From each point to the nearest border of any quadrant, by a way that is not the Locator's."""
    polygons = np.array([quadrant.polygon for quadrant in edition.quadrants], dtype=object)
    tree = shapely.STRtree(project_lines(shapely.boundary(polygons)))
    lonlat = np.array(points)[:, ::-1]
    places = shapely.points(project_points(lonlat))
    (which, _), away = tree.query_nearest(places, return_distance=True, all_matches=False)
    metres: list[float] = (away * scales(lonlat[which, 1])).tolist()
    return metres


def _spent_us(
    locate: Callable[[float, float, float], object], points: Points, accuracy_m: float
) -> list[float]:
    clock, spent = time.perf_counter_ns, []
    for lat, lon in points:  # the first round wakes each polygon's own index
        locate(lat, lon, accuracy_m)
    for _ in range(ROUNDS):
        for lat, lon in points:
            started = clock()
            locate(lat, lon, accuracy_m)
            spent.append((clock() - started) / 1e3)
    return spent


def _lines(figures: dict[str, Any]) -> Iterator[str]:
    yield "{quadrants:,} quadrants: index built in {index_build_s} s".format_map(figures)
    yield "index {index_memory_mb} MB; locator pickled {pickle_mb} MB".format_map(figures)
    yield "unpickled in {unpickle_ms} ms; timer {timer_us} µs a call".format_map(figures)
    yield f"{'':20}{'points':>8}{'accuracy':>10}{'p50 µs':>9}{'p99 µs':>9}"
    for row in figures["lookups"]:
        yield (
            f"{row['band']:20}{row['points']:>8,}{row['accuracy_m']:>8.0f} m"
            f"{row['lookup_us_p50']:>9.2f}{row['lookup_us_p99']:>9.2f}"
        )


if __name__ == "__main__":
    raise SystemExit(main())

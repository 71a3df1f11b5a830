"""Reads the quadrants of a GeoJSON file, as far as the demo needs them: a code and an area."""

import math
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
import orjson
import shapely

M_PER_DEG: Final = 111_195.0
_DRAWS_MAX: Final = 200


class BadQuadrants(Exception):  # noqa: N818 - it is shown as a sentence
    """The file holds no quadrants that the demo can use; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Beat:
    """One quadrant: its code, its name, and where it is."""

    code: str
    name: str
    area: Any

    @property
    def centre(self) -> tuple[float, float]:
        """A place inside it, as (latitude, longitude)."""
        spot = shapely.point_on_surface(self.area)
        return spot.y, spot.x

    def somewhere(self, draw: Random) -> tuple[float, float]:
        """Draw a place inside it, as (latitude, longitude)."""
        west, south, east, north = self.area.bounds
        for _ in range(_DRAWS_MAX):
            lon, lat = draw.uniform(west, east), draw.uniform(south, north)
            if shapely.contains_xy(self.area, lon, lat):
                return lat, lon
        return self.centre


def read_beats(path: Path, code_field: str, name_field: str) -> list[Beat]:
    """Read the quadrants, each code once. Raises `BadQuadrants`, `OSError`."""
    try:
        features = orjson.loads(path.read_bytes())["features"]
        found: dict[str, Beat] = {}
        for feature in features:
            properties = feature["properties"]
            code = str(properties[code_field]).strip()
            area = shapely.from_geojson(orjson.dumps(feature["geometry"]))
            area = area if area.is_valid else shapely.make_valid(area)
            name = str(properties.get(name_field) or code).strip()
            found.setdefault(code, Beat(code, name, area))
    except KeyError as error:
        raise BadQuadrants(
            f"{path} has no {error}: name its fields with --code-field and --name-field"
        ) from error
    except (orjson.JSONDecodeError, TypeError, shapely.GEOSException) as error:
        raise BadQuadrants(f"{path} is not GeoJSON with quadrants: {error}") from error
    if not found:
        raise BadQuadrants(f"{path} holds no quadrants")
    return list(found.values())


def downtown_first(beats: list[Beat]) -> list[Beat]:
    """Sort quadrants by how far they are from the middle of all of them."""
    centres = np.array([beat.centre for beat in beats])
    middle = np.median(centres, axis=0)
    away = np.hypot(*(centres - middle).T).round(9)
    return [beats[at] for at in np.argsort(away, kind="stable")]


def moved(lat: float, lon: float, east_m: float, north_m: float) -> tuple[float, float]:
    """Return the place so many metres east and north of another."""
    return (
        lat + north_m / M_PER_DEG,
        lon + east_m / (M_PER_DEG * math.cos(math.radians(lat))),
    )


def away_m(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Return the metres between two near places."""
    north = (lat_a - lat_b) * M_PER_DEG
    east = (lon_a - lon_b) * M_PER_DEG * math.cos(math.radians((lat_a + lat_b) / 2))
    return math.hypot(north, east)

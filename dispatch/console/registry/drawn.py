"""An edition's quadrants as GeoJSON (RFC 7946), made once an edition."""

import gzip
from collections.abc import Iterable, Sequence
from typing import Any, Final

import orjson
import shapely

from dispatch.store.registry_records import QuadrantRow

BESIDE_DEG: Final = 0.002
"""About 220 m: across an avenue or a canal, neighbours do not touch. A map's measure, no more."""
NEARBY_MAX: Final = 40
"""The nearest: one quadrant in the country may lie among very many in a town."""


class DrawnEdition:
    """The quadrants of one edition, ready to be sent. It takes a while: make it in a thread."""

    def __init__(self, rows: Sequence[QuadrantRow]) -> None:
        self.edition_id = rows[0].edition_id if rows else None
        self.etag = f'"{orjson.dumps(self.edition_id).hex()}"'
        """An edition is never altered, so its name says it all."""
        self._rows = rows
        self._shapes = shapely.from_wkb([row.polygon for row in rows])
        self._tree = shapely.STRtree(self._shapes)
        self._numbers = {row.code: number for number, row in enumerate(rows)}
        self.plain = self._collection(range(len(rows)))
        self.packed = gzip.compress(self.plain, 6)

    def nearby(self, code: str) -> bytes | None:
        """Return a quadrant, and then the nearest beside it. None: there is none of this code."""
        number = self._numbers.get(code)
        if number is None:
            return None
        own = self._shapes[number]
        beside = self._tree.query(own, predicate="dwithin", distance=BESIDE_DEG)
        away = shapely.distance(self._shapes[beside], own)
        nearest = sorted(zip(away.tolist(), beside.tolist(), strict=True))
        others = [each for _, each in nearest if each != number]
        return self._collection([number, *others][:NEARBY_MAX])

    def _collection(self, numbers: Iterable[int]) -> bytes:
        features = [self._feature(number) for number in numbers]
        return orjson.dumps(
            {"type": "FeatureCollection", "edition": self.edition_id, "features": features}
        )

    def _feature(self, number: int) -> dict[str, Any]:
        row = self._rows[number]
        return {
            "type": "Feature",
            "id": row.code,
            "properties": {
                "code": row.code,
                "name": row.name,
                "station": row.station,
                "cai": row.cai,
                "phone": row.phone,
            },
            "geometry": orjson.Fragment(shapely.to_geojson(self._shapes[number])),
        }

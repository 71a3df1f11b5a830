"""The quadrants in force as GeoJSON (RFC 7946), made once an edition and sent once a browser."""

import asyncio
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import orjson
import shapely
from fastapi import APIRouter, Depends, Header, Response
from msgspec import Struct

from dispatch.console.access.gatekeeper import Gatekeeper
from dispatch.console.access.rights import Right
from dispatch.console.bodies import Json, at_ms, gives, gives_file
from dispatch.store import registry_records
from dispatch.store.pool import Pool
from dispatch.store.registry_records import QuadrantRow

GEOJSON = "application/geo+json"


class EditionView(Struct, frozen=True):
    """One import of a whole set of quadrants."""

    edition_id: str
    name: str
    source_file: str
    imported_at_ms: int
    quadrants: int
    in_force: bool


class EditionList(Struct, frozen=True):
    """Editions, the newest first."""

    editions: list[EditionView]


@dataclass(frozen=True, slots=True)
class _Made:
    edition_id: str | None
    etag: str
    plain: bytes
    packed: bytes


def quadrant_routes(pool: Pool, gatekeeper: Gatekeeper) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["registry"], dependencies=[Depends(gatekeeper.may(Right.LOOK_UP))])
    made: _Made | None = None

    @routes.get("/v1/quadrants", **gives_file(GEOJSON, "A FeatureCollection of the quadrants."))
    async def quadrants(
        if_none_match: Annotated[str | None, Header()] = None,
        accept_encoding: Annotated[str, Header()] = "",
    ) -> Response:
        """Return the edition in force. The same edition is sent once: ask with its ETag."""
        nonlocal made
        edition_id = await registry_records.edition_in_force(pool)
        if made is None or made.edition_id != edition_id:
            made = await asyncio.to_thread(_make, await registry_records.quadrants(pool))
        headers = {
            "ETag": made.etag,
            "Cache-Control": "private, no-cache",
            "Vary": "Accept-Encoding",
        }
        if if_none_match == made.etag:
            return Response(status_code=304, headers=headers)
        if "gzip" in accept_encoding:
            headers["Content-Encoding"] = "gzip"
            return Response(made.packed, headers=headers, media_type=GEOJSON)
        return Response(made.plain, headers=headers, media_type=GEOJSON)

    @routes.get("/v1/editions", **gives(EditionList))
    async def editions() -> Json:
        """List the editions of the quadrants, the newest first."""
        rows = await registry_records.editions(pool)
        views = [
            EditionView(
                row.edition_id,
                row.name,
                row.source_file,
                at_ms(row.imported_at),
                row.quadrants,
                row.in_force,
            )
            for row in rows
        ]
        return Json(EditionList(views))

    return routes


def _make(rows: Sequence[QuadrantRow]) -> _Made:
    edition_id = rows[0].edition_id if rows else None
    geometries = shapely.to_geojson(shapely.from_wkb([row.polygon for row in rows])).tolist()
    features = [as_feature(*pair) for pair in zip(rows, geometries, strict=True)]
    plain = orjson.dumps({"type": "FeatureCollection", "edition": edition_id, "features": features})
    # An edition is never altered, so its name says it all.
    etag = f'"{orjson.dumps(edition_id).hex()}"'
    return _Made(edition_id, etag, plain, gzip.compress(plain, 6))


def as_feature(row: QuadrantRow, geometry: str) -> dict[str, Any]:
    """Return a quadrant as GeoJSON shows it; `geometry` is written already."""
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
        "geometry": orjson.Fragment(geometry),
    }

"""A quadrant and those beside it, for the map of a handheld: it has no use for the whole city."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import orjson
import shapely
from fastapi import APIRouter, Depends, Response

from dispatch.console.access.device_credentials import DeviceCredentials, KnownDevice
from dispatch.console.bodies import gives_file
from dispatch.console.errors import Declined, ErrorCode
from dispatch.console.registry.lists import RegistryId, unknown
from dispatch.console.registry.quadrants import GEOJSON, as_feature
from dispatch.store import registry_records
from dispatch.store.pool import Pool
from dispatch.store.registry_records import QuadrantRow
from protocol.vocabulary import Role

BESIDE_DEGREES: Final = 0.002
"""About 220 m: across an avenue or a canal, neighbours do not touch. A map's measure, no more."""
NEARBY_MAX: Final = 40
"""The nearest: one quadrant in the country may lie among very many in a town."""


@dataclass(frozen=True, slots=True)
class _Edition:
    edition_id: str | None
    rows: Sequence[QuadrantRow]
    tree: shapely.STRtree
    at: dict[str, int]


def nearby_quadrant_routes(pool: Pool, devices: DeviceCredentials) -> APIRouter:
    """Return the route."""
    routes = APIRouter(tags=["registry"])
    known: _Edition | None = None

    @routes.get(
        "/v1/quadrants/{code}/nearby",
        **gives_file(GEOJSON, "A FeatureCollection: the quadrant first, then the nearest others."),
    )
    async def nearby(
        code: RegistryId, device: Annotated[KnownDevice, Depends(devices.admit)]
    ) -> Response:
        """Return the borders of a quadrant and of those beside it, to a patrol."""
        nonlocal known
        if device.role is not Role.PATROL:
            raise Declined(
                ErrorCode.NOT_ALLOWED,
                "Esto es para patrullas.",
                "This is for patrols.",
            )
        edition_id = await registry_records.edition_in_force(pool)
        if known is None or known.edition_id != edition_id:
            known = await asyncio.to_thread(_index, await registry_records.quadrants(pool))
        at = known.at.get(code)
        if at is None:
            raise unknown("cuadrante", "quadrant")
        body = await asyncio.to_thread(_beside, known, at)
        return Response(body, headers={"Cache-Control": "no-store"}, media_type=GEOJSON)

    return routes


def _index(rows: Sequence[QuadrantRow]) -> _Edition:
    tree = shapely.STRtree(shapely.from_wkb([row.polygon for row in rows]))
    at = {row.code: number for number, row in enumerate(rows)}
    return _Edition(rows[0].edition_id if rows else None, rows, tree, at)


def _beside(edition: _Edition, at: int) -> bytes:
    own = edition.tree.geometries[at]
    found = edition.tree.query(own, predicate="dwithin", distance=BESIDE_DEGREES)
    distances = shapely.distance(edition.tree.geometries[found], own)
    nearest = sorted(
        zip(found.tolist(), distances.tolist(), strict=True),
        key=lambda pair: (pair[0] != at, pair[1]),
    )
    features = [
        as_feature(edition.rows[each], shapely.to_geojson(edition.tree.geometries[each]))
        for each, _ in nearest[:NEARBY_MAX]
    ]
    return orjson.dumps(
        {"type": "FeatureCollection", "edition": edition.edition_id, "features": features}
    )

"""The quadrants in force, for maps; sent once a browser. And the editions that there are."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from msgspec import Struct

from dispatch.console.access.gatekeeper import Gatekeeper, slowing_strangers
from dispatch.console.access.rights import Right
from dispatch.console.access.throttle import Throttle
from dispatch.console.bodies import Json, at_ms, gives, gives_file
from dispatch.console.bounds import STRANGERS_BURST, STRANGERS_PER_S
from dispatch.console.credentials import DeviceCredentials
from dispatch.console.registry.drawn import DrawnEdition
from dispatch.console.registry.lists import NO_CONTROLS, unknown
from dispatch.store import registry_records
from dispatch.store.pool import Pool
from dispatch.store.registry_records import EditionRow
from protocol.limits import CODE_CHARS
from protocol.vocabulary import Role

GEOJSON: Final = "application/geo+json"
SEE_NEARBY: Final = frozenset({Role.PATROL})


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


def quadrant_routes(
    pool: Pool, gatekeeper: Gatekeeper, credentials: DeviceCredentials
) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["registry"])
    may_look = Depends(gatekeeper.may(Right.LOOK_UP))
    strangers = Throttle(STRANGERS_BURST, STRANGERS_PER_S)
    edition = _InForce(pool)

    @routes.get(
        "/v1/quadrants",
        **gives_file(GEOJSON, "A FeatureCollection of the quadrants.", also=304),
        dependencies=[may_look],
    )
    async def quadrants(
        if_none_match: Annotated[str | None, Header()] = None,
        accept_encoding: Annotated[str, Header()] = "",
    ) -> Response:
        """Return the edition in force. The same edition is sent once: ask with its ETag."""
        drawn = await edition.drawn()
        headers = {"ETag": drawn.etag, "Cache-Control": "private, no-cache"}
        headers["Vary"] = "Accept-Encoding"
        if if_none_match == drawn.etag:
            return Response(status_code=304, headers=headers)
        if "gzip" in accept_encoding:
            headers["Content-Encoding"] = "gzip"
            return Response(drawn.packed, headers=headers, media_type=GEOJSON)
        return Response(drawn.plain, headers=headers, media_type=GEOJSON)

    @routes.get(
        "/v1/quadrants/{code}/nearby",
        **gives_file(GEOJSON, "A FeatureCollection: the quadrant first, then those beside it."),
    )
    async def nearby(
        request: Request,
        code: Annotated[str, Path(max_length=CODE_CHARS, pattern=NO_CONTROLS)],
        authorization: Annotated[str | None, Header()] = None,
    ) -> Response:
        """Return a quadrant and those beside it, for a handheld (`Bearer device_id:token`)."""
        with slowing_strangers(strangers, request):
            await credentials.admit(authorization, SEE_NEARBY)
        found = (await edition.drawn()).nearby(code)
        if found is None:
            raise unknown("cuadrante", "quadrant")
        return Response(found, media_type=GEOJSON)

    @routes.get("/v1/editions", **gives(EditionList), dependencies=[may_look])
    async def editions() -> Json:
        """List the editions of the quadrants, the newest first."""
        rows = await registry_records.editions(pool)
        return Json(EditionList([_view(row) for row in rows]))

    return routes


def _view(row: EditionRow) -> EditionView:
    return EditionView(
        row.edition_id,
        row.name,
        row.source_file,
        at_ms(row.imported_at),
        row.quadrants,
        row.in_force,
    )


class _InForce:
    """The edition in force, drawn when it is first asked for."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._drawn: DrawnEdition | None = None

    async def drawn(self) -> DrawnEdition:
        edition_id = await registry_records.edition_in_force(self._pool)
        if self._drawn is None or self._drawn.edition_id != edition_id:
            rows = await registry_records.quadrants(self._pool)
            self._drawn = await asyncio.to_thread(DrawnEdition, rows)
        return self._drawn

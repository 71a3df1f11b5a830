"""The record as files: tables and maps of alerts, streamed page by page; and CAP for others."""

import time
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from dispatch.console.access.gatekeeper import Gatekeeper
from dispatch.console.access.rights import Right
from dispatch.console.bodies import gives_file
from dispatch.console.bounds import EXPORT_BATCH, EXPORT_ROWS_MAX, FEED_ENTRIES
from dispatch.console.errors import not_found
from dispatch.console.records.alerts import AlertId, wanted
from dispatch.console.records.cap import ATOM_TYPE, CAP_TYPE, atom_feed, cap_message
from dispatch.console.records.tables import csv_header, csv_rows, feature_of
from dispatch.store import alert_records
from dispatch.store.alert_records import Place, Search
from dispatch.store.pool import Pool

CSV_TYPE: Final = "text/csv"
GEOJSON_TYPE: Final = "application/geo+json"
Wanted = Annotated[Search, Depends(wanted)]


def export_routes(pool: Pool, gatekeeper: Gatekeeper) -> APIRouter:
    """Return the routes."""
    routes = APIRouter(tags=["exports"], dependencies=[Depends(gatekeeper.may(Right.EXPORT))])

    @routes.get("/v1/exports/alerts.csv", **gives_file(CSV_TYPE, "A line an alert."))
    async def as_csv(wanted: Wanted) -> Response:
        """Return alerts as a table, the newest first: what, where and how fast, never who."""
        return await _streamed(pool, wanted, _CSV)

    @routes.get("/v1/exports/alerts.geojson", **gives_file(GEOJSON_TYPE, "A point an alert."))
    async def as_geojson(wanted: Wanted) -> Response:
        """Return alerts as points of a map, the newest first."""
        return await _streamed(pool, wanted, _GEOJSON)

    @routes.get("/v1/cap", **gives_file(ATOM_TYPE, "An Atom feed of CAP messages."))
    async def feed(request: Request) -> Response:
        """Return the newest alerts as a feed of CAP 1.2 messages."""
        found = await alert_records.search(pool, Search(), None, FEED_ENTRIES)
        views = [each.view for each in found]
        now_ms = time.time_ns() // 1_000_000
        return Response(
            atom_feed(views, str(request.base_url), now_ms), headers={"Content-Type": ATOM_TYPE}
        )

    @routes.get("/v1/alerts/{alert_id}/cap", **gives_file(CAP_TYPE, "A CAP 1.2 message."))
    async def message(alert_id: AlertId) -> Response:
        """Return an alert as it is now, as a CAP 1.2 message."""
        view = await alert_records.view_of(pool, alert_id)
        if view is None:
            raise not_found("No hay tal alerta.", "There is no such alert.")
        return Response(cap_message(view), headers={"Content-Type": CAP_TYPE})

    return routes


class _Format(NamedTuple):
    """How alerts are written into a file, a page at a time."""

    name: str
    media_type: str
    head: bytes
    write: Callable[[list[dict[str, Any]]], bytes]
    between: bytes
    tail: bytes


_CSV: Final = _Format("alerts.csv", CSV_TYPE, csv_header(), csv_rows, b"", b"")
_GEOJSON: Final = _Format(
    "alerts.geojson",
    GEOJSON_TYPE,
    b'{"type":"FeatureCollection","features":[',
    lambda views: b",".join(feature_of(view) for view in views),
    b",",
    b"]}",
)


async def _streamed(pool: Pool, wanted: Search, form: _Format) -> Response:
    """Answer page by page. The first is read before, so that a database that is away is said."""
    first = await alert_records.search(pool, wanted, None, EXPORT_BATCH)

    async def pages() -> AsyncIterator[bytes]:
        yield form.head
        found, sent = first, 0
        while found and sent < EXPORT_ROWS_MAX:
            yield (form.between if sent else b"") + form.write([each.view for each in found])
            sent += len(found)
            after: Place = found[-1].place
            is_last = len(found) < EXPORT_BATCH
            found = [] if is_last else await alert_records.search(pool, wanted, after, EXPORT_BATCH)
        yield form.tail

    headers = {"Content-Disposition": f'attachment; filename="{form.name}"'}
    return StreamingResponse(pages(), headers=headers, media_type=form.media_type)

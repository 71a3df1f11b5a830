"""Alerts as they are recorded: searched, one by one, with what happened to them and was seen."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query
from msgspec import Meta, Struct, convert
from pydantic import AwareDatetime

from dispatch.console.access.gatekeeper import Gatekeeper
from dispatch.console.access.rights import Right
from dispatch.console.bodies import Json, at_ms, at_ms_or_none, gives
from dispatch.console.bounds import PAGE_DEFAULT, PAGE_MAX
from dispatch.console.errors import Declined, bad_field, not_found
from dispatch.console.records.cursor import cursor_of, place_of
from dispatch.console.records.pictures_shown import with_fresh_paths
from dispatch.store import alert_records
from dispatch.store.alert_records import Delivery, Event, Found, Search
from dispatch.store.pool import Pool
from protocol.limits import CODE_CHARS
from protocol.messages import Alert, PictureView, Stages
from protocol.vocabulary import AlertState, Kind, Outcome

UUID_PATTERN: Final = (
    r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$"
)

AlertId = Annotated[str, Path(pattern=UUID_PATTERN, description="A UUID version 7.")]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="Things on one page.")]
NO_CONTROLS: Final = r"^[^\x00-\x1f\x7f]*$"


NextCursor = Annotated[
    str | None, Meta(description="The `cursor` of the next page; none: this is the last.")
]


class AlertPage(Struct, frozen=True):
    """Alerts, the newest first."""

    alerts: list[Alert]
    next: NextCursor


class EventView(Struct, frozen=True):
    """Something that happened to an alert."""

    at_ms: int
    kind: str
    reason: str
    device_id: str | None
    took_ms: int | None
    version: int | None


class DeliveryView(Struct, frozen=True):
    """What one handheld did first."""

    device_id: str
    delivered_at_ms: int | None
    accepted_at_ms: int | None
    arrived_at_ms: int | None


class Timeline(Struct, frozen=True):
    """What happened to an alert, in order."""

    alert_id: str
    stages: Stages
    events: list[EventView]
    deliveries: list[DeliveryView]


class PictureList(Struct, frozen=True):
    """What the cameras saw of an alert."""

    pictures: list[PictureView]


def wanted(  # noqa: PLR0917 - FastAPI passes each by its name
    since: Annotated[AwareDatetime | None, Query(description="Received at or after.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Received before.")] = None,
    quadrant: Annotated[str | None, Query(max_length=CODE_CHARS, pattern=NO_CONTROLS)] = None,
    front: Annotated[str | None, Query(max_length=64, pattern=NO_CONTROLS)] = None,
    state: AlertState | None = None,
    outcome: Outcome | None = None,
    kind: Kind | None = None,
) -> Search:
    """Gather what a search is for, from a query. Raises `Declined`."""
    if since is not None and until is not None and since > until:
        raise bad_field("until", "«until» es anterior a «since».", "“until” is before “since”.")
    return Search(since, until, quadrant, front, state, outcome, kind)


def alert_routes(pool: Pool, gatekeeper: Gatekeeper, picture_key: bytes) -> APIRouter:
    """Return the routes; `picture_key` seals the paths of pictures."""
    routes = APIRouter(tags=["alerts"], dependencies=[Depends(gatekeeper.may(Right.WATCH))])

    @routes.get("/v1/alerts", **gives(AlertPage))
    async def search(
        wanted: Annotated[Search, Depends(wanted)],
        limit: Limit = PAGE_DEFAULT,
        cursor: Annotated[str | None, Query(max_length=64)] = None,
    ) -> Json:
        """Search the record, the newest first, a page at a time."""
        after = None if cursor is None else place_of(cursor)
        found = await alert_records.search(pool, wanted, after, limit + 1)
        page = found[:limit]
        views = [with_fresh_paths(each.view, picture_key) for each in page]
        return Json({"alerts": views, "next": _next(page) if len(found) > limit else None})

    @routes.get("/v1/alerts/{alert_id}", **gives(Alert))
    async def one(alert_id: AlertId) -> Json:
        """Return one alert as it is now, or ended."""
        return Json(with_fresh_paths(await _view(alert_id), picture_key))

    @routes.get("/v1/alerts/{alert_id}/timeline", **gives(Timeline))
    async def timeline(alert_id: AlertId) -> Json:
        """Return what happened to an alert, in order, and who showed it."""
        view = await _view(alert_id)
        story = await alert_records.timeline(pool, alert_id)
        if story is None:
            raise _unknown()
        events, deliveries = story
        return Json(
            Timeline(
                view["alert_id"],
                convert(view["stages"], Stages),
                [_event(event) for event in events],
                [_delivery(delivery) for delivery in deliveries],
            )
        )

    @routes.get("/v1/alerts/{alert_id}/pictures", **gives(PictureList))
    async def pictures(alert_id: AlertId) -> Json:
        """Return the pictures of an alert, with paths that hold for a while."""
        view = with_fresh_paths(await _view(alert_id), picture_key)
        return Json({"pictures": view["pictures"]})

    async def _view(alert_id: str) -> dict[str, Any]:
        view = await alert_records.view_of(pool, alert_id)
        if view is None:
            raise _unknown()
        return view

    return routes


def _next(page: list[Found]) -> str:
    return cursor_of(page[-1].place)


def _unknown() -> Declined:
    return not_found("No hay tal alerta.", "There is no such alert.")


def _event(event: Event) -> EventView:
    return EventView(
        at_ms(event.at), event.kind, event.reason, event.device_id, event.took_ms, event.version
    )


def _delivery(delivery: Delivery) -> DeliveryView:
    return DeliveryView(
        delivery.device_id,
        at_ms_or_none(delivery.delivered_at),
        at_ms_or_none(delivery.accepted_at),
        at_ms_or_none(delivery.arrived_at),
    )

"""What was said to fronts, and how many have shown it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from msgspec import Struct

from dispatch.console.access.gatekeeper import Gatekeeper
from dispatch.console.access.rights import Right
from dispatch.console.bodies import Json, gives
from dispatch.console.bounds import PAGE_DEFAULT
from dispatch.console.records.alerts import NO_CONTROLS, UUID_PATTERN, Limit
from dispatch.store import message_records
from dispatch.store.message_records import MessageRow
from dispatch.store.pool import Pool


class MessageList(Struct, frozen=True):
    """Messages to fronts, the newest first."""

    messages: list[MessageRow]


def message_routes(pool: Pool, gatekeeper: Gatekeeper) -> APIRouter:
    """Return the route."""
    routes = APIRouter(tags=["fronts"], dependencies=[Depends(gatekeeper.may(Right.WATCH))])

    @routes.get("/v1/messages", **gives(MessageList))
    async def messages(
        *,
        front: Annotated[str | None, Query(max_length=64, pattern=NO_CONTROLS)] = None,
        alert: Annotated[str | None, Query(pattern=UUID_PATTERN)] = None,
        limit: Limit = PAGE_DEFAULT,
    ) -> Json:
        """List what was said: to all fronts or one, about anything or one alert."""
        rows = await message_records.messages(pool, limit=limit, front_id=front, alert_id=alert)
        return Json(MessageList(rows))

    return routes

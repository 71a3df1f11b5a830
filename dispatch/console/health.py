"""Whether the console does its work now, for whoever watches it."""

import asyncio
from enum import StrEnum

from fastapi import APIRouter
from msgspec import Struct

from dispatch.console.bodies import Json, gives
from dispatch.console.shelf import Shelf
from dispatch.store.errors import StoreUnavailable
from dispatch.store.pool import Pool, connected


class Red(StrEnum):
    """What does not work."""

    DATABASE_AWAY = "database_away"
    NO_ROOM_FOR_PICTURES = "no_room_for_pictures"


class Health(Struct, frozen=True):
    """Whether the console does its work: `green` or `red`, and what does not work."""

    status: str
    reasons: list[Red]


def health_routes(pool: Pool, shelf: Shelf) -> APIRouter:
    """Return `/healthz`: 200 if all works, otherwise 503; both say what does not."""
    routes = APIRouter()

    @routes.get("/healthz", **gives(Health, also=503))
    async def healthz() -> Json:
        """Say whether all works, and what does not."""
        reds: list[Red] = []
        try:
            async with connected(pool) as connection:
                await connection.execute("SELECT")
        except StoreUnavailable:
            reds.append(Red.DATABASE_AWAY)
        try:
            has_room = await asyncio.to_thread(shelf.has_room)
        except OSError:
            has_room = False
        if not has_room:
            reds.append(Red.NO_ROOM_FOR_PICTURES)
        status = "red" if reds else "green"
        return Json(Health(status, reds), 503 if reds else 200)

    return routes

"""What the core says of itself, for those who watch: whether a press would reach anybody now."""

from typing import Final, Literal
from urllib.parse import urlsplit

import httpx
import msgspec
from fastapi import APIRouter, Depends
from msgspec import Struct

from dispatch.console.access.gatekeeper import Gatekeeper
from dispatch.console.access.rights import Right
from dispatch.console.bodies import Json, gives
from dispatch.console.bounds import CORE_HEALTH_WITHIN_S
from dispatch.console.presses.core_link import CoreAddress

CORE_AWAY: Final = "core_away"
"""The one reason that the core cannot give itself."""


class CoreHealth(Struct, frozen=True):
    """As the core's own `/healthz` says it, without the details: those are for who is on call."""

    status: Literal["green", "red"]
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


_AWAY: Final = CoreHealth("red", (CORE_AWAY,))


async def core_health(core: CoreAddress) -> CoreHealth:
    """Ask once, within a bound. A core that does not answer, or makes no sense, is away."""
    parts = urlsplit(core.url)
    scheme = "https" if parts.scheme == "wss" else "http"
    verify = True if core.own is None else core.own.context
    try:
        async with httpx.AsyncClient(verify=verify, timeout=CORE_HEALTH_WITHIN_S) as client:
            answer = await client.get(f"{scheme}://{parts.netloc}/healthz")
        return msgspec.json.decode(answer.content, type=CoreHealth)
    except (httpx.HTTPError, msgspec.DecodeError):
        return _AWAY


def core_health_routes(core: CoreAddress, gatekeeper: Gatekeeper) -> APIRouter:
    """Return `/v1/health`."""
    routes = APIRouter(tags=["health"], dependencies=[Depends(gatekeeper.may(Right.WATCH))])

    @routes.get("/v1/health", **gives(CoreHealth))
    async def health() -> Json:
        """Say whether a press would reach anybody now, and what is wrong."""
        return Json(await core_health(core))

    return routes

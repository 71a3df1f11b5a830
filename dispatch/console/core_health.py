"""What the core says of itself, for those who watch: whether a press would reach anybody now."""

import asyncio
from contextlib import suppress
from typing import Final, Literal, TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec
from fastapi import APIRouter, Depends
from msgspec import Struct

from dispatch.console.access.gatekeeper import Gatekeeper
from dispatch.console.access.rights import Right
from dispatch.console.bodies import Json, gives
from dispatch.console.bounds import CORE_ASKED_EVERY_S, CORE_HEALTH_WITHIN_S, CORE_KNOWS_WITHIN_S
from dispatch.console.presses.core_link import CoreAddress

Said = TypeVar("Said")

CORE_AWAY: Final = "core_away"
"""The one reason that the core cannot give itself."""


class CoreHealth(Struct, frozen=True):
    """As the core's own `/healthz` says it, without the details: those are for who is on call."""

    status: Literal["green", "red"]
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


_AWAY: Final = CoreHealth("red", (CORE_AWAY,))


class _Followed(Struct, frozen=True):
    """How far the core follows the registry, as its `/healthz` says it."""

    registry_seq: int


async def core_health(core: CoreAddress) -> CoreHealth:
    """Ask once, within a bound. A core that does not answer, or makes no sense, is away."""
    async with _client(core) as client:
        return await _asked(client, CoreHealth) or _AWAY


async def core_knows(core: CoreAddress, registry_seq: int) -> bool:
    """Wait until the core knows the registry up to this change. False: not within a bound.

    A core that is away is not waited for.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(CORE_KNOWS_WITHIN_S), _client(core) as client:
            while (followed := await _asked(client, _Followed)) is not None:
                if followed.registry_seq >= registry_seq:
                    return True
                await asyncio.sleep(CORE_ASKED_EVERY_S)
    return False


def _client(core: CoreAddress) -> httpx.AsyncClient:
    parts = urlsplit(core.url)
    has_tls = parts.scheme == "wss"
    return httpx.AsyncClient(
        base_url=f"{'https' if has_tls else 'http'}://{parts.netloc}",
        # Without TLS there is nothing to verify, and getting ready for it takes 80 ms of the loop.
        verify=has_tls if core.own is None else core.own.context,
        timeout=CORE_HEALTH_WITHIN_S,
    )


async def _asked(client: httpx.AsyncClient, kind: type[Said]) -> Said | None:
    try:
        answer = await client.get("/healthz")
        return msgspec.json.decode(answer.content, type=kind)
    except (httpx.HTTPError, msgspec.DecodeError):
        return None


def core_health_routes(core: CoreAddress, gatekeeper: Gatekeeper) -> APIRouter:
    """Return `/v1/health`."""
    routes = APIRouter(tags=["health"], dependencies=[Depends(gatekeeper.may(Right.WATCH))])

    @routes.get("/v1/health", **gives(CoreHealth))
    async def health() -> Json:
        """Say whether a press would reach anybody now, and what is wrong."""
        return Json(await core_health(core))

    return routes

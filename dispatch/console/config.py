"""What a page needs to know before anybody logs in: where the core and the map's tiles are."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from msgspec import Struct

from dispatch.console.bodies import Json, gives
from protocol import PATH


@dataclass(frozen=True, slots=True)
class PageOptions:
    """What an installation decides about its pages."""

    core_port: int = 7310
    core_public_url: str | None = None
    """Where browsers reach the core; none: on the host that they found the pages on."""
    map_tiles_url: str = ""
    """A template of Leaflet's, such as https://tiles.example/{z}/{x}/{y}.png; empty: no tiles."""
    map_credit: str = ""
    """What the owner of the tiles asks to be shown."""
    push_key: str = ""
    """By which browsers subscribe to be woken (VAPID); empty: they are not."""


class Config(Struct, frozen=True):
    """What pages need to know."""

    core_url: str
    """Of the WebSocket that speaks `cuadrante.v1`."""
    map_tiles_url: str
    map_credit: str
    push_key: str
    """The key that a browser subscribes with to be woken (RFC 8292); empty: it is not."""


def config_routes(options: PageOptions) -> APIRouter:
    """Return `/v1/config`."""
    routes = APIRouter(tags=["pages"])

    @routes.get("/v1/config", **gives(Config))
    async def config(request: Request) -> Json:
        """Say what pages need to know. It is no secret."""
        return Json(
            Config(
                core_url(options, request),
                options.map_tiles_url,
                options.map_credit,
                options.push_key,
            )
        )

    return routes


def core_url(options: PageOptions, request: Request) -> str:
    """Return where a browser that asks us here reaches the core."""
    if options.core_public_url:
        return options.core_public_url
    scheme = "wss" if request.url.scheme == "https" else "ws"
    host = request.url.hostname or "localhost"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{options.core_port}{PATH}"

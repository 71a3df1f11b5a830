"""A gateway with a camera behind it, a picture of it, and an application to hand it to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from dispatch.console.app import console_app
from dispatch.console.shelf import Shelf
from dispatch.core.credentials import digest
from dispatch.store.pool import Pool, connected, open_pool

KEY = bytes(range(32))
TOKEN = "a-token-of-many-random-bits"
BEARER = {"Authorization": f"Bearer gw:1:{TOKEN}"}
JPEG_TYPE = {"Content-Type": "image/jpeg"}
PICTURE = "01932f7a-5c00-7abc-8def-0123456789ab"
ALERT = "01932f7a-5c00-7abc-8def-0123456789aa"
QUERY = {"alert": ALERT, "camera": "cam-1", "taken_at_ms": "1800000000000"}
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x04AB\xff\xc0\x00\x0b\x08\x01\x68\x02\x80\x01\x01\x11\x00"
    b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + bytes(range(1, 200)) + b"\xff\xd9"
)
"""Not a picture to look at; one as far as anybody here can tell."""


async def enrol(pool: Pool) -> None:
    """Bring in two gateways, and a camera behind the first. Its id holds a colon, as it may."""
    async with connected(pool) as connection:
        await connection.execute(
            """
            INSERT INTO devices (device_id, role, name, gateway_id, token_hash) VALUES
                ('gw:1', 'gateway', 'Pasarela 1', NULL, $1),
                ('gw:2', 'gateway', 'Pasarela 2', NULL, $1),
                ('app-1', 'app', 'App', NULL, $1)
            """,
            digest(TOKEN),
        )
        await connection.execute(
            """
            INSERT INTO devices (device_id, role, name, gateway_id) VALUES
                ('cam-1', 'camera', 'Cámara 1', 'gw:1'), ('siren-1', 'siren', 'Sirena', 'gw:1')
            """
        )


@asynccontextmanager
async def console(
    dsn: str, folder: Path, floor_bytes: int = 0
) -> AsyncIterator[tuple[httpx.AsyncClient, Pool]]:
    """The application over ASGI, and its database."""
    async with open_pool(dsn) as pool:
        await enrol(pool)
        app = console_app(pool, Shelf(folder, floor_bytes), KEY, has_tls=True)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
            yield client, pool


async def hand_in(
    client: httpx.AsyncClient,
    picture_id: str = PICTURE,
    content: bytes = JPEG,
    headers: dict[str, str] | None = None,
    **query: str,
) -> httpx.Response:
    """Hand a picture in as a gateway does, but for what the test says."""
    return await client.put(
        f"/v1/pictures/{picture_id}",
        params=QUERY | query,
        content=content,
        headers={**BEARER, **JPEG_TYPE, **(headers or {})},
    )

"""Pages are told where the core is, as seen from where they were found."""

import httpx
import pytest
from fastapi import FastAPI

from dispatch.console.config import PageOptions, config_routes
from tests.store.on_asyncio import on_asyncio


@pytest.mark.parametrize(
    ("found_at", "core_url"),
    [
        ("http://localhost:7311", "ws://localhost:9/v1"),
        ("https://frente.example", "wss://frente.example:9/v1"),
        ("http://[::1]:7311", "ws://[::1]:9/v1"),
    ],
)
def test_the_core_is_beside_the_pages(found_at: str, core_url: str) -> None:
    @on_asyncio
    async def asked() -> None:
        assert (await config(found_at, PageOptions(core_port=9)))["core_url"] == core_url

    asked()


@on_asyncio
async def test_unless_the_installation_says_where() -> None:
    options = PageOptions(
        9, "wss://core.example/v1", "https://t.example/{z}/{x}/{y}.png", "© T", "k"
    )
    assert await config("https://frente.example", options) == {
        "core_url": "wss://core.example/v1",
        "map_tiles_url": "https://t.example/{z}/{x}/{y}.png",
        "map_credit": "© T",
        "push_key": "k",
    }


async def config(found_at: str, options: PageOptions) -> dict[str, str]:
    app = FastAPI()
    app.include_router(config_routes(options))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=found_at) as client:
        said: dict[str, str] = (await client.get("/v1/config")).json()
        return said

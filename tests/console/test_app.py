"""The application describes itself, and fetches nothing from elsewhere."""

from pathlib import Path

from tests.console.samples import console
from tests.store.on_asyncio import on_asyncio


@on_asyncio
async def test_it_describes_itself(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, _):
        described = (await client.get("/v1/openapi.json")).json()
        assert set(described["paths"]) == {
            "/healthz",
            "/v1/pictures/{picture_id}",
            "/v1/pictures/{picture_id}.jpg",
        }
        assert (await client.get("/docs")).status_code == 404

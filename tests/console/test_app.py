"""The application describes itself whole, and fetches nothing from elsewhere."""

import json
from pathlib import Path

from tests.console.samples import console
from tests.store.on_asyncio import on_asyncio


@on_asyncio
async def test_it_describes_itself(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, _):
        described = (await client.get("/v1/openapi.json")).json()
        assert (await client.get("/docs")).status_code == 404
    schemas = described["components"]["schemas"]
    named = [
        part.partition('"')[0] for part in json.dumps(described).split('"#/components/schemas/')[1:]
    ]
    assert set(named) <= set(schemas), "every structure that is named is described"
    for path, methods in described["paths"].items():
        for method, route in methods.items():
            assert "422" not in route["responses"], (path, method)
            assert route.get("summary") or route.get("description"), (path, method)

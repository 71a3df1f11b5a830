"""An address that presses is shown once, and only its digest is kept."""

from pathlib import Path

from dispatch.console.registry.hook_addresses import HOOKS
from dispatch.core.credentials import digest
from dispatch.store.account_role import AccountRole
from dispatch.store.pool import connected
from tests.console.samples import console, logged_in
from tests.store.on_asyncio import on_asyncio


@on_asyncio
async def test_it_is_given_out_replaced_and_taken_away(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        admin = await logged_in(pool, AccountRole.ADMINISTRATOR)
        for _ in range(2):
            given = await client.post("/v1/devices/app-1/hook", headers=admin)
            assert given.status_code == 201
            secret = given.json()["path"].removeprefix(f"{HOOKS}/")
            async with connected(pool) as connection:
                kept = await connection.fetch("SELECT device_id, secret_hash FROM hooks")
            assert [tuple(row) for row in kept] == [("app-1", digest(secret))]
        assert (await client.post("/v1/devices/siren-1/hook", headers=admin)).status_code == 404
        assert (await client.delete("/v1/devices/app-1/hook", headers=admin)).status_code == 204
        assert (await client.delete("/v1/devices/app-1/hook", headers=admin)).status_code == 404

"""What is wrong with the kit, and what is known of each device of it."""

from pathlib import Path
from typing import Any

import msgspec

from dispatch.store.account_role import AccountRole
from dispatch.store.pool import Pool, connected
from protocol.messages import Text, Trouble
from protocol.vocabulary import Role, TroubleKind
from tests.console.samples import NOW_MS, console, logged_in
from tests.store.on_asyncio import on_asyncio


async def wrong(pool: Pool, trouble_id: str, closed_at_ms: int | None) -> None:
    trouble = Trouble(
        trouble_id=trouble_id,
        kind=TroubleKind.LOW_BATTERY,
        device_id="siren-1",
        device="Sirena",
        role=Role.SIREN,
        front_id=None,
        front="",
        opened_at_ms=NOW_MS,
        closed_at_ms=closed_at_ms,
        last_seen_ms=NOW_MS,
        battery_percent=7,
        text=Text("", ""),
    )
    async with connected(pool) as connection:
        await connection.execute(
            "INSERT INTO troubles (trouble_id, view) VALUES ($1, $2::text::jsonb)",
            trouble_id,
            msgspec.json.encode(trouble).decode(),
        )


@on_asyncio
async def test_troubles_and_the_maintenance_list(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        ana = await logged_in(pool, AccountRole.OPERATOR)
        await wrong(pool, "t-1", None)
        await wrong(pool, "t-2", NOW_MS + 1)

        async def ask(path: str, **query: Any) -> Any:
            return (await client.get(path, params=query, headers=ana)).json()

        everything = (await ask("/v1/troubles"))["troubles"]
        assert {each["trouble_id"] for each in everything} == {"t-1", "t-2"}
        (still,) = (await ask("/v1/troubles", open=True))["troubles"]
        assert (still["trouble_id"], still["battery_percent"]) == ("t-1", 7)
        assert len((await ask("/v1/troubles", limit=1))["troubles"]) == 1
        kit = {each["device_id"]: each for each in (await ask("/v1/kit"))["devices"]}
        assert kit["siren-1"]["troubles"] == ["low_battery"]
        troubled = (await ask("/v1/kit", troubled=True))["devices"]
        assert [each["device_id"] for each in troubled] == ["siren-1"]
        assert (await ask("/v1/kit", front="f-9"))["devices"] == []

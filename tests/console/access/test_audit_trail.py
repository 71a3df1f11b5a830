"""Administrators see what accounts did, page by page; so does the record see them look."""

from pathlib import Path

from dispatch.store.account_role import AccountRole
from tests.console.samples import console, logged_in
from tests.store.on_asyncio import on_asyncio


@on_asyncio
async def test_calls_are_read_back(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        ana = await logged_in(pool, AccountRole.OPERATOR, "ana")
        admin = await logged_in(pool, AccountRole.ADMINISTRATOR, "luis")
        for _ in range(3):
            await client.get("/v1/policies", headers=ana)
        query = {"account": "ana", "limit": 2}
        first = (await client.get("/v1/audit", params=query, headers=admin)).json()["calls"]
        assert [each["route"] for each in first] == ["/v1/policies"] * 2
        query["before"] = first[-1]["audit_id"]
        rest = (await client.get("/v1/audit", params=query, headers=admin)).json()["calls"]
        assert len(rest) == 1
        his = (await client.get("/v1/audit?account=luis", headers=admin)).json()["calls"]
        assert [each["route"] for each in his] == ["/v1/audit"] * 2

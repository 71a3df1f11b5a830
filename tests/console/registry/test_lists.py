"""Lists come a page at a time, by id, and are looked through by a part of a name."""

from pathlib import Path

from dispatch.store.account_role import AccountRole
from dispatch.store.pool import connected
from tests.console.samples import console, logged_in
from tests.store.on_asyncio import on_asyncio


@on_asyncio
async def test_pages_follow_one_another_and_signs_mean_themselves(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        ana = await logged_in(pool, AccountRole.OPERATOR)
        names = ["Ana Díaz", "Luis 100 %", "José_Luis", "Marta"]
        async with connected(pool) as connection:
            await connection.executemany(
                "INSERT INTO people (person_id, name) VALUES ($1, $2)",
                [(f"p-{at}", name) for at, name in enumerate(names)],
            )

        async def ids(**query: object) -> list[str]:
            answer = await client.get("/v1/people", params=query, headers=ana)  # type: ignore[arg-type]
            return [person["person_id"] for person in answer.json()["people"]]

        assert await ids(limit=3) == ["p-0", "p-1", "p-2"]
        assert await ids(limit=3, after="p-2") == ["p-3"]
        assert await ids(q="luis") == ["p-1", "p-2"]
        assert await ids(q="%") == ["p-1"]
        assert await ids(q="_") == ["p-2"]
        assert await ids(q="P-3") == ["p-3"]
        assert await ids(q="nobody") == []
        answer = await client.get("/v1/people", params={"limit": 201}, headers=ana)
        assert (answer.status_code, answer.json()["field"]) == (400, "limit")

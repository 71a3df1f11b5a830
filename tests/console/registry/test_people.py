"""People are brought in, changed and removed; who is named by others stays."""

from pathlib import Path

from dispatch.store.account_role import AccountRole
from tests.console.samples import console, logged_in
from tests.store.on_asyncio import on_asyncio

MARTA = {"person_id": "p-1", "name": "Marta Gómez", "phone": "300 000 0002"}


@on_asyncio
async def test_they_are_brought_in_changed_and_removed(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        admin = await logged_in(pool, AccountRole.ADMINISTRATOR)
        for name in ("Marta Gómez", "Marta Ruiz"):
            person = MARTA | {"name": name}
            put = await client.put("/v1/people/p-1", json=person, headers=admin)
            assert put.status_code == 204
            (listed,) = (await client.get("/v1/people", headers=admin)).json()["people"]
            assert listed == person | {"false_alarms": 0}
        assert (await client.delete("/v1/people/p-1", headers=admin)).status_code == 204
        gone = await client.delete("/v1/people/p-1", headers=admin)
        assert (gone.status_code, gone.json()["code"]) == (404, "not_found")


@on_asyncio
async def test_what_does_not_fit_is_refused_and_changes_nothing(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        admin = await logged_in(pool, AccountRole.ADMINISTRATOR)
        for body, field in (
            (MARTA | {"person_id": "p-2"}, "person_id"),
            (MARTA | {"name": " "}, "name"),
            (MARTA | {"phone": "3" * 25}, "phone"),
        ):
            answer = await client.put("/v1/people/p-1", json=body, headers=admin)
            assert (answer.status_code, answer.json()["field"]) == (400, field)
        assert (await client.get("/v1/people", headers=admin)).json() == {"people": []}

        await client.put("/v1/people/p-1", json=MARTA, headers=admin)
        front = {"front_id": "f-1", "name": "Manga", "coordinator_id": "p-1"}
        await client.put("/v1/fronts/f-1", json=front, headers=admin)
        named = await client.delete("/v1/people/p-1", headers=admin)
        assert (named.status_code, named.json()["code"]) == (409, "conflict")
        assert "coordinator" in named.json()["detail"]

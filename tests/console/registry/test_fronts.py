"""Fronts with their kits are brought in, changed and removed."""

from pathlib import Path

from dispatch.store.account_role import AccountRole
from tests.console.samples import console, logged_in
from tests.store.on_asyncio import on_asyncio

FRONT = {
    "front_id": "f-1",
    "name": "Frente Manga",
    "barrio": "Manga",
    "spot": {"lat": 10.413, "lon": -75.536, "address": "Calle 26"},
    "sirens": 1,
    "cameras": 4,
    "buttons": 1,
    "siren_tests": {"weekday": 1, "at": "10:00"},
}


@on_asyncio
async def test_they_are_brought_in_and_removed(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        admin = await logged_in(pool, AccountRole.ADMINISTRATOR)
        put = await client.put("/v1/fronts/f-1", json=FRONT, headers=admin)
        assert put.status_code == 204
        (listed,) = (await client.get("/v1/fronts?q=manga", headers=admin)).json()["fronts"]
        assert (listed["lat"], listed["cameras"], listed["siren_test_week_min"]) == (10.413, 4, 600)
        bad = FRONT | {"spot": {"lat": 95, "lon": 0}}
        answer = await client.put("/v1/fronts/f-1", json=bad, headers=admin)
        assert (answer.status_code, answer.json()["field"]) == (400, "spot.lat")
        stranger = FRONT | {"coordinator_id": "nobody"}
        answer = await client.put("/v1/fronts/f-1", json=stranger, headers=admin)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
        other = await client.put("/v1/fronts/f-2", json=FRONT, headers=admin)
        assert (other.status_code, other.json()["field"]) == (400, "front_id")
        assert (await client.delete("/v1/fronts/f-1", headers=admin)).status_code == 204
        assert (await client.delete("/v1/fronts/f-1", headers=admin)).status_code == 404

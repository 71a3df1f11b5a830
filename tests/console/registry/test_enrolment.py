"""Codes are given out for what is enrolled every day; what sees more is the administrators'."""

from pathlib import Path

from dispatch.core.credentials import code_digest
from dispatch.store.account_role import AccountRole
from dispatch.store.pool import connected
from tests.console.samples import console, logged_in
from tests.store.on_asyncio import on_asyncio


@on_asyncio
async def test_a_code_enrols_and_a_revocation_ends_it(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        boss = await logged_in(pool, AccountRole.SUPERVISOR)
        issued = await client.post("/v1/devices/app-1/code", headers=boss)
        assert issued.status_code == 201
        said = issued.json()
        async with connected(pool) as connection:
            kept = await connection.fetchval(
                "SELECT code_hash FROM devices WHERE device_id = 'app-1'"
            )
        assert kept == code_digest(said["code"])
        assert said["address"] == f"http://console/boton#code={said['code']}"
        for path in ("revocation", "revocation"):
            gone = await client.post(
                f"/v1/devices/app-1/{path}", json={"reason": "perdido"}, headers=boss
            )
            assert gone.status_code == 204
        again = await client.post("/v1/devices/app-1/code", headers=boss)
        assert (again.status_code, again.json()["code"]) == (409, "conflict")
        back = await client.post("/v1/devices/app-1/reinstatement", headers=boss)
        assert back.status_code == 201
        assert back.json()["code"] != said["code"]
        twice = await client.post("/v1/devices/app-1/reinstatement", headers=boss)
        assert (twice.status_code, twice.json()["code"]) == (409, "conflict")
        audited = await pool.fetch("SELECT status FROM audit WHERE route LIKE '%/reinstatement'")
        assert [row["status"] for row in audited] == [201, 409]
        for nobody in ("code", "revocation", "reinstatement"):
            answer = await client.post(f"/v1/devices/nobody/{nobody}", headers=boss)
            assert answer.status_code == 404
        answer = await client.post(
            "/v1/devices/app-1/revocation", json={"reason": ""}, headers=boss
        )
        assert (answer.status_code, answer.json()["field"]) == (400, "reason")


@on_asyncio
async def test_only_administrators_enrol_what_sees_more(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        boss = await logged_in(pool, AccountRole.SUPERVISOR)
        admin = await logged_in(pool, AccountRole.ADMINISTRATOR)
        async with connected(pool) as connection:
            await connection.execute(
                "INSERT INTO devices (device_id, role, name) VALUES ('own', 'console', 'own')"
            )
        assert (await client.post("/v1/devices/gw:1/code", headers=boss)).status_code == 403
        assert (await client.post("/v1/devices/gw:1/code", headers=admin)).status_code == 201
        answer = await client.post("/v1/devices/own/code", headers=admin)
        assert (answer.status_code, answer.json()["field"]) == (400, "role"), "nobody's"

"""Devices are brought in and listed; how one is wired goes in and never comes out."""

from pathlib import Path

from dispatch.store.account_role import AccountRole
from dispatch.store.pool import connected
from tests.console.samples import console, logged_in
from tests.store.on_asyncio import on_asyncio

PANEL = {
    "device_id": "panel-1",
    "role": "button",
    "name": "Panel tienda",
    "gateway_id": "gw:1",
    "wiring": {"protocol": "sia_dc09", "account": "1234"},
}


@on_asyncio
async def test_they_are_brought_in_and_listed_by_role_and_front(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        admin = await logged_in(pool, AccountRole.ADMINISTRATOR)
        put = await client.put("/v1/devices/panel-1", json=PANEL, headers=admin)
        assert put.status_code == 204
        listed = (await client.get("/v1/devices?role=button", headers=admin)).json()["devices"]
        assert [device["device_id"] for device in listed] == ["panel-1"]
        assert listed[0]["is_wired"] is True
        assert "1234" not in str(listed)
        everything = (await client.get("/v1/devices", headers=admin)).json()["devices"]
        assert "administrator:1" not in [each["device_id"] for each in everything], "a session"
        none = await client.get("/v1/devices?front=f-1", headers=admin)
        assert none.json() == {"devices": []}


@on_asyncio
async def test_what_is_not_said_about_wiring_changes_nothing_of_it(
    dsn: str, tmp_path: Path
) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        admin = await logged_in(pool, AccountRole.ADMINISTRATOR)
        await client.put("/v1/devices/panel-1", json=PANEL, headers=admin)

        async def box() -> bytes | None:
            async with connected(pool) as connection:
                found: bytes | None = await connection.fetchval(
                    "SELECT wiring FROM devices WHERE device_id = 'panel-1'"
                )
                return found

        before = await box()
        renamed = {key: PANEL[key] for key in PANEL if key != "wiring"} | {"name": "Otro"}
        await client.put("/v1/devices/panel-1", json=renamed, headers=admin)
        assert before is not None
        assert await box() == before
        del renamed["gateway_id"]
        await client.put("/v1/devices/panel-1", json=renamed, headers=admin)
        assert await box() is None, "nobody speaks with it any more"


@on_asyncio
async def test_what_does_not_fit_is_named(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        admin = await logged_in(pool, AccountRole.ADMINISTRATOR)
        for body, status, field in (
            (PANEL | {"device_id": "panel-2"}, 400, "device_id"),
            (PANEL | {"role": "patrol"}, 400, "body"),
            (PANEL | {"role": "console", "wiring": None}, 400, "role"),
            (PANEL | {"gateway_id": "gw:9"}, 409, None),
        ):
            answer = await client.put("/v1/devices/panel-1", json=body, headers=admin)
            assert (answer.status_code, answer.json()["field"]) == (status, field), body

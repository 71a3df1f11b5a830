"""Logging in: with a password, and a one-time password where there is one; never by trying."""

import time
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest

from dispatch.console.access import login
from dispatch.console.access.gatekeeper import COOKIE, OWN_HEADER
from dispatch.console.access.one_time import new_secret, sealed
from dispatch.console.access.passwords import hashed
from dispatch.console.bounds import FAILURES_FREE
from dispatch.core.credentials import digest
from dispatch.store.account_role import AccountRole
from dispatch.store.accounts import add_account
from dispatch.store.audit import entries
from dispatch.store.pool import Pool, connected
from tests.console.samples import KEYS, console
from tests.store.on_asyncio import on_asyncio

PASSWORD = "correct horse battery"
HASH = hashed(PASSWORD)
OWN = {OWN_HEADER: "1"}


async def add_ana(pool: Pool, totp: str | None = None) -> None:
    box = None if totp is None else sealed(totp, KEYS.totp, "ana")
    await add_account(pool, "ana", "Ana Díaz", AccountRole.ADMINISTRATOR, HASH, box)


async def log_in(client: httpx.AsyncClient, **more: Any) -> httpx.Response:
    said = {"account_id": "ana", "password": PASSWORD} | more
    return await client.post("/v1/session", json=said, headers=OWN)


async def fetch(pool: Pool, sql: str, *values: object) -> Any:
    async with connected(pool) as connection:
        return await connection.fetchval(sql, *values)


@on_asyncio
async def test_a_session_is_a_device_of_its_own_until_it_is_over(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        await add_ana(pool)
        answer = await log_in(client)
        assert answer.status_code == 201
        said, cookie = answer.json(), answer.headers["Set-Cookie"]
        for attribute in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"):
            assert attribute in cookie
        assert "Domain" not in cookie
        device, token = said["device"]["device_id"], said["device"]["token"]
        assert device.startswith("ana:")
        assert said["device"]["role"] == "supervisor"
        assert "audit" in said["rights"]
        assert await fetch(
            pool, "SELECT token_hash FROM devices WHERE device_id = $1", device
        ) == digest(token)

        session = {"Cookie": cookie.partition(";")[0]} | OWN
        assert session["Cookie"].startswith(f"{COOKIE}=")
        assert (await client.get("/v1/session", headers=session)).json() == said, "after a reload"
        assert token not in (await client.get("/v1/devices", headers=session)).text
        out = await client.delete("/v1/session", headers=session)
        assert out.status_code == 204
        assert "Max-Age=0" in out.headers["Set-Cookie"]
        assert (await client.get("/v1/session", headers=session)).status_code == 401
        assert await fetch(pool, "SELECT count(*) FROM devices WHERE device_id = $1", device) == 0
        kept = await entries(pool, account_id="ana", before=None, limit=10)
        assert [(each.method, each.status) for each in reversed(kept)][:2] == [
            ("POST", 201),
            ("GET", 200),
        ]


@pytest.mark.parametrize(
    ("changed", "status", "field"),
    [
        ({"password": "wrong password"}, 401, None),
        ({"account_id": "nobody"}, 401, None),
        ({"account_id": "Ana!"}, 400, "account_id"),
        ({"password": ""}, 400, "password"),
        ({"password": "x" * 129}, 400, "password"),
        ({"extra": 1}, 400, "body"),
    ],
)
def test_what_is_wrong_is_named_but_not_which_of_the_two(
    dsn: str, tmp_path: Path, changed: dict[str, Any], status: int, field: str | None
) -> None:
    @on_asyncio
    async def refused() -> None:
        async with console(dsn, tmp_path) as (client, pool):
            await add_ana(pool)
            answer = await log_in(client, **changed)
            assert (answer.status_code, answer.json()["field"]) == (status, field)
            assert "Set-Cookie" not in answer.headers
            assert PASSWORD not in answer.text

    refused()


@on_asyncio
async def test_no_other_site_can_log_somebody_in(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        await add_ana(pool)
        answer = await client.post("/v1/session", json={"account_id": "ana", "password": PASSWORD})
        assert (answer.status_code, answer.json()["field"]) == (403, OWN_HEADER)


@on_asyncio
async def test_trying_locks_the_account_for_longer_and_longer(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        await add_ana(pool)
        for _ in range(FAILURES_FREE + 1):
            assert (await log_in(client, password="wrong password")).status_code == 401
        first = await log_in(client)
        assert first.status_code == 429, "even with the right one"
        await fetch(pool, "UPDATE accounts SET locked_until = now()")
        await log_in(client, password="wrong password")
        second = await log_in(client)
        assert int(second.headers["Retry-After"]) > int(first.headers["Retry-After"])
        await fetch(pool, "UPDATE accounts SET locked_until = now()")
        assert (await log_in(client)).status_code == 201
        assert await fetch(pool, "SELECT failures FROM accounts") == 0


def test_an_address_that_tries_many_accounts_is_slowed(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "LOGINS_BURST", 3)
    monkeypatch.setattr(login, "LOGINS_PER_S", 1e-6)

    @on_asyncio
    async def tried() -> None:
        async with console(dsn, tmp_path) as (client, _):
            answers = [await client.post("/v1/session", json={}, headers=OWN) for _ in range(4)]
            assert [answer.status_code for answer in answers] == [400] * 3 + [429]

    tried()


@on_asyncio
async def test_a_one_time_password_is_asked_for_and_is_good_once(dsn: str, tmp_path: Path) -> None:
    secret = new_secret()
    async with console(dsn, tmp_path) as (client, pool):
        await add_ana(pool, secret)
        asked = await log_in(client)
        assert (asked.status_code, asked.json()["code"]) == (401, "totp_required")
        assert (await log_in(client, password="wrong")).json()["code"] == "not_authenticated"
        code = pyotp.TOTP(secret).at(time.time())
        assert (await log_in(client, totp="abcdef")).json()["code"] == "not_authenticated"
        assert (await log_in(client, totp=code)).status_code == 201
        assert (await log_in(client, totp=code)).status_code == 401

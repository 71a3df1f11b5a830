"""Only a session that holds lets in, and no other site's page can use it."""

from pathlib import Path

import pytest

from dispatch.console.access import gatekeeper
from dispatch.console.access.gatekeeper import COOKIE, OWN_HEADER
from dispatch.store.account_role import AccountRole
from dispatch.store.accounts import revoke_account
from dispatch.store.audit import entries
from dispatch.store.pool import connected
from tests.console.samples import console, logged_in
from tests.store.conftest import Server
from tests.store.on_asyncio import on_asyncio

ROLE = AccountRole.OPERATOR
NEARLY_NONE = 1e-6


@pytest.mark.parametrize(
    "ended",
    [
        "UPDATE sessions SET expires_at = now()",
        "UPDATE sessions SET seen_at = now() - interval '5 hours'",
        "DELETE FROM devices WHERE device_id IN (SELECT device_id FROM sessions)",
        "UPDATE accounts SET revoked_at = now(), revoked_reason = 'left'",
    ],
)
def test_a_session_that_is_over_lets_nobody_in(dsn: str, tmp_path: Path, ended: str) -> None:
    @on_asyncio
    async def asked() -> None:
        async with console(dsn, tmp_path) as (client, pool):
            headers = await logged_in(pool, ROLE)
            assert (await client.get("/v1/alerts", headers=headers)).status_code == 200
            async with connected(pool) as connection:
                await connection.execute(ended)
            answer = await client.get("/v1/alerts", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")

    asked()


@on_asyncio
async def test_without_a_cookie_or_with_a_wrong_one_nobody_is_let_in(
    dsn: str, tmp_path: Path
) -> None:
    async with console(dsn, tmp_path) as (client, _):
        for headers in ({}, {"Cookie": f"{COOKIE}=guessed"}, {"Cookie": f"{COOKIE}="}):
            assert (await client.get("/v1/alerts", headers=headers)).status_code == 401


@on_asyncio
async def test_what_changes_anything_needs_the_header_that_no_other_site_can_add(
    dsn: str, tmp_path: Path
) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        headers = await logged_in(pool, AccountRole.ADMINISTRATOR)
        del headers[OWN_HEADER]
        assert (await client.get("/v1/people", headers=headers)).status_code == 200
        answer = await client.request("DELETE", "/v1/people/p-1", headers=headers)
        assert (answer.status_code, answer.json()["field"]) == (403, OWN_HEADER)
        kept = await entries(pool, account_id=None, before=None, limit=1)
        assert (kept[0].method, kept[0].status) == ("DELETE", 403), "on record"


@on_asyncio
async def test_an_account_that_is_revoked_is_out_at_once(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        headers = await logged_in(pool, ROLE)
        await revoke_account(pool, ROLE.value, "left")
        assert (await client.get("/v1/alerts", headers=headers)).status_code == 401


def test_strangers_and_accounts_have_a_pace(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("CALLS_BURST", 5),
        ("STRANGERS_BURST", 7),
        ("CALLS_PER_S", NEARLY_NONE),
        ("STRANGERS_PER_S", NEARLY_NONE),
    ):
        monkeypatch.setattr(gatekeeper, name, value)

    @on_asyncio
    async def asked() -> None:
        async with console(dsn, tmp_path) as (client, pool):
            ana = await logged_in(pool, ROLE)
            calls = [await client.get("/v1/session", headers=ana) for _ in range(6)]
            assert [call.status_code for call in calls] == [200] * 5 + [429]
            strangers = [await client.get("/v1/alerts") for _ in range(8)]
            assert [each.status_code for each in strangers] == [401] * 7 + [429]
            assert int(strangers[-1].headers["Retry-After"]) >= 1
            luis = await logged_in(pool, ROLE, "luis")
            shared = await client.get("/v1/session", headers=luis)
            assert shared.status_code == 200, "whoever shares the address is not held up"

    asked()


@on_asyncio
async def test_without_postgresql_it_says_to_come_back(
    server: Server, dsn: str, tmp_path: Path
) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        headers = await logged_in(pool, ROLE)
        with server.frozen():
            answer = await client.get("/v1/alerts", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert answer.headers["Retry-After"]
            assert (await client.get("/v1/config")).status_code == 200

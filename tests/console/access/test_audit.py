"""Every call of an account is on the record, with how it was answered; no secret is."""

from pathlib import Path

import structlog

from dispatch.console.access.audit import Audit
from dispatch.store.account_role import AccountRole
from dispatch.store.audit import entries
from dispatch.store.pool import open_pool
from tests.console.samples import ALERT, console, logged_in
from tests.store.on_asyncio import on_asyncio


@on_asyncio
async def test_calls_are_kept_whatever_became_of_them(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        ana = await logged_in(pool, AccountRole.OPERATOR, "ana")
        await client.get("/v1/alerts?quadrant=Q-01", headers=ana)
        await client.get(f"/v1/alerts/{ALERT}", headers=ana)
        await client.delete("/v1/people/p-1", headers=ana)
        await client.get("/v1/alerts")
        await client.get("/v1/config")
        kept = await entries(pool, account_id=None, before=None, limit=10)
    assert [(e.account_id, e.method, e.route, e.about, e.status) for e in reversed(kept)] == [
        ("ana", "GET", "/v1/alerts", "", 200),
        ("ana", "GET", "/v1/alerts/{alert_id}", ALERT, 404),
        ("ana", "DELETE", "/v1/people/{person_id}", "p-1", 403),
    ]


@on_asyncio
async def test_without_a_database_the_log_is_the_record() -> None:
    async def app(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        scope["state"]["account_id"] = "ana"
        await send({"type": "http.response.start", "status": 204})

    sent = []

    async def send(message) -> None:  # type: ignore[no-untyped-def]
        sent.append(message)

    async with open_pool("postgresql://x@127.0.0.1:1/x") as pool:
        with structlog.testing.capture_logs() as logged:
            await Audit(app, pool=pool)({"type": "http", "method": "GET"}, None, send)  # type: ignore[arg-type]
    assert [line["event"] for line in logged] == ["audit_without_database"]
    assert (logged[0]["account"], logged[0]["status"]) == ("ana", 204)
    assert sent, "the answer goes out all the same"

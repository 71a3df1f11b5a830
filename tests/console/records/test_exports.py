"""Files hold each alert that was asked for, once, over any number of pages."""

import csv
import io
from pathlib import Path

import pytest
import structlog

from dispatch.console.records import exports
from dispatch.store.account_role import AccountRole
from protocol.vocabulary import Outcome
from tests.console.records.test_alerts import HOUR_MS, IDS, at
from tests.console.records.test_cap import SCHEMA
from tests.console.samples import ALERT, NOW_MS, closed, console, logged_in, raised, record
from tests.store.on_asyncio import on_asyncio


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7])
def test_a_file_holds_every_page(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setattr(exports, "EXPORT_BATCH", 3)

    @on_asyncio
    async def exported() -> None:
        async with console(dsn, tmp_path) as (client, pool):
            boss = await logged_in(pool, AccountRole.SUPERVISOR)
            await record(pool, *(raised(each, NOW_MS + n) for n, each in enumerate(IDS[:count])))
            wanted = list(reversed(IDS[:count]))
            table = await client.get("/v1/exports/alerts.csv", headers=boss)
            assert "attachment" in table.headers["Content-Disposition"]
            rows = list(csv.DictReader(io.StringIO(table.text, newline="")))
            assert [row["alert_id"] for row in rows] == wanted
            points = (await client.get("/v1/exports/alerts.geojson", headers=boss)).json()
            assert [feature["id"] for feature in points["features"]] == wanted

    exported()


@on_asyncio
async def test_only_what_is_asked_for_is_in_it(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        boss = await logged_in(pool, AccountRole.SUPERVISOR)
        false = closed(IDS[1], NOW_MS + HOUR_MS, Outcome.FALSE_ALARM)
        await record(pool, raised(IDS[0]), false)
        for query, ids in (
            ({"outcome": "false_alarm"}, [IDS[1]]),
            ({"until": at(NOW_MS + 1)}, [IDS[0]]),
        ):
            answer = await client.get("/v1/exports/alerts.geojson", params=query, headers=boss)
            assert [feature["id"] for feature in answer.json()["features"]] == ids
        bad = await client.get("/v1/exports/alerts.csv?state=x", headers=boss)
        assert (bad.status_code, bad.json()["field"]) == (400, "state")


@on_asyncio
async def test_others_follow_the_feed_to_valid_messages(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        boss = await logged_in(pool, AccountRole.SUPERVISOR)
        await record(pool, raised())
        with structlog.testing.capture_logs():
            feed = await client.get("/v1/cap", headers=boss)
        assert feed.headers["Content-Type"] == "application/atom+xml"
        path = f"/v1/alerts/{ALERT}/cap"
        assert f"http://console{path}" in feed.text
        message = await client.get(path, headers=boss)
        assert message.headers["Content-Type"] == "application/cap+xml"
        SCHEMA.validate(message.text)
        assert (await client.get(path.replace("aa/", "ff/"), headers=boss)).status_code == 404

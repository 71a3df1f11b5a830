"""The record is searched by what people ask for, page by page, and nothing is passed over."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.store.account_role import AccountRole
from dispatch.store.pool import Pool, connected
from protocol.messages import PictureView
from protocol.uuid7 import uuid7
from protocol.vocabulary import Kind, Outcome
from tests.console.samples import (
    ALERT,
    NOW_MS,
    PICTURE,
    closed,
    console,
    logged_in,
    raised,
    record,
)
from tests.store.conftest import EMPTY, execute
from tests.store.on_asyncio import on_asyncio

HOUR_MS = 3_600_000
IDS = [uuid7(NOW_MS, bytes(9) + bytes([number])) for number in range(40)]


def at(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat()


async def found(client: httpx.AsyncClient, headers: dict[str, str], **query: Any) -> list[str]:
    answer = await client.get("/v1/alerts", params=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return [alert["alert_id"] for alert in answer.json()["alerts"]]


@on_asyncio
async def test_it_is_found_by_time_place_kind_and_end(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        ana = await logged_in(pool, AccountRole.OPERATOR)
        open_one = raised(IDS[0], NOW_MS)
        fire = raised(IDS[1], NOW_MS + HOUR_MS, kind=Kind.FIRE, quadrant=None, front=None)
        false = closed(IDS[2], NOW_MS + 2 * HOUR_MS, Outcome.FALSE_ALARM)
        await record(pool, open_one, fire, false)
        assert await found(client, ana) == [IDS[2], IDS[1], IDS[0]]
        for query, ids in (
            ({"since": at(NOW_MS + 1)}, [IDS[2], IDS[1]]),
            ({"until": at(NOW_MS + HOUR_MS)}, [IDS[0]]),
            ({"since": at(NOW_MS), "until": at(NOW_MS + HOUR_MS + 1)}, [IDS[1], IDS[0]]),
            ({"quadrant": "Q-01"}, [IDS[2], IDS[0]]),
            ({"front": "f-manga"}, [IDS[2], IDS[0]]),
            ({"front": "f-other"}, []),
            ({"state": "closed"}, [IDS[2]]),
            ({"outcome": "false_alarm"}, [IDS[2]]),
            ({"kind": "fire"}, [IDS[1]]),
            ({"kind": "panic", "state": "dispatched"}, [IDS[0]]),
        ):
            assert await found(client, ana, **query) == ids, query


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-01-01T00:00:00"}, "since"),
        ({"since": at(NOW_MS), "until": at(NOW_MS - 1)}, "until"),
        ({"state": "open"}, "state"),
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"quadrant": "\x00"}, "quadrant"),
    ],
)
def test_what_cannot_be_searched_for_is_named(
    dsn: str, tmp_path: Path, query: dict[str, str], field: str
) -> None:
    @on_asyncio
    async def asked() -> None:
        async with console(dsn, tmp_path) as (client, pool):
            ana = await logged_in(pool, AccountRole.OPERATOR)
            answer = await client.get("/v1/alerts", params=query, headers=ana)
            assert (answer.status_code, answer.json()["field"]) == (400, field)

    asked()


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    # Several at the same moment: only their ids tell them apart.
    hours=st.lists(st.integers(0, 3), min_size=1, max_size=len(IDS)),
    limit=st.integers(1, 7),
    arrives_after=st.integers(0, 3),
)
def test_pages_hold_each_alert_once_whatever_arrives_meanwhile(
    dsn: str, tmp_path: Path, hours: list[int], limit: int, arrives_after: int
) -> None:
    @on_asyncio
    async def paged() -> None:
        async with console_again(dsn, tmp_path) as (client, pool, ana):
            alerts = [raised(IDS[n], NOW_MS + hour * HOUR_MS) for n, hour in enumerate(hours)]
            await record(pool, *alerts)
            seen: list[str] = []
            cursor: str | None = ""
            pages = 0
            while cursor is not None:
                query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
                answer = (await client.get("/v1/alerts", params=query, headers=ana)).json()
                seen += [alert["alert_id"] for alert in answer["alerts"]]
                cursor = answer["next"]
                pages += 1
                if pages == arrives_after:
                    await record(pool, raised(ALERT, NOW_MS + 9 * HOUR_MS))
            seen = [alert_id for alert_id in seen if alert_id != ALERT or arrives_after == 0]
            wanted = sorted(zip(hours, IDS, strict=False), reverse=True)
            assert seen == [alert_id for _, alert_id in wanted]

    paged()


@asynccontextmanager
async def console_again(
    dsn: str, tmp_path: Path
) -> AsyncIterator[tuple[httpx.AsyncClient, Pool, dict[str, str]]]:
    """The application with an empty record, however often it is asked for."""
    await execute(dsn, EMPTY)
    async with console(dsn, tmp_path) as (client, pool):
        yield client, pool, await logged_in(pool, AccountRole.OPERATOR)


async def happened(pool: Pool) -> None:
    async with connected(pool) as connection:
        await connection.execute(
            """
            INSERT INTO alert_events (journal_id, seq, alert_id, at, kind, reason, device_id,
                                      took_ms, version) VALUES
                (gen_random_uuid(), 1, $1::uuid, to_timestamp($2), 'signal', 'first', 'app-1',
                 NULL, 1),
                (gen_random_uuid(), 2, $1::uuid, to_timestamp($2 + 1), 'escalated', 'repeated',
                 NULL, 1000, 2)
            """,
            ALERT,
            NOW_MS / 1000,
        )
        await connection.execute(
            "INSERT INTO deliveries VALUES ($1::uuid, 'patrol-1', to_timestamp($2), NULL, NULL)",
            ALERT,
            NOW_MS / 1000,
        )


@on_asyncio
async def test_one_alert_with_what_happened_to_it_and_what_was_seen(
    dsn: str, tmp_path: Path
) -> None:
    picture = {"device_id": "cam-1"} if "device_id" in PictureView.__struct_fields__ else {}
    seen = PictureView(picture_id=PICTURE, camera="Esquina", taken_at_ms=NOW_MS, path="", **picture)
    async with console(dsn, tmp_path) as (client, pool):
        ana = await logged_in(pool, AccountRole.OPERATOR)
        await record(pool, raised(pictures=(seen,)))
        await happened(pool)
        one = (await client.get(f"/v1/alerts/{ALERT}", headers=ana)).json()
        assert (one["alert_id"], one["sender"]["name"]) == (ALERT, "Ana Díaz")
        timeline = (await client.get(f"/v1/alerts/{ALERT}/timeline", headers=ana)).json()
        assert timeline["stages"]["received_at_ms"] == NOW_MS
        assert [(e["kind"], e["reason"], e["at_ms"] - NOW_MS) for e in timeline["events"]] == [
            ("signal", "first", 0),
            ("escalated", "repeated", 1000),
        ]
        (delivery,) = timeline["deliveries"]
        assert (delivery["device_id"], delivery["delivered_at_ms"]) == ("patrol-1", NOW_MS)
        assert delivery["accepted_at_ms"] is None
        pictures = (await client.get(f"/v1/alerts/{ALERT}/pictures", headers=ana)).json()
        (shown,) = pictures["pictures"]
        assert (await client.get(shown["path"])).json()["code"] == "not_found", "sealed well"
        assert (await client.get(shown["path"] + "x")).json()["code"] == "not_found"
        for route in ("", "/timeline", "/pictures"):
            answer = await client.get(f"/v1/alerts/{IDS[7]}{route}", headers=ana)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
            answer = await client.get(f"/v1/alerts/no-id{route}", headers=ana)
            assert (answer.status_code, answer.json()["field"]) == (400, "alert_id")

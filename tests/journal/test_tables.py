"""What each kind of entry becomes, and that the questions of a control room are quick to answer."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import pytest

from dispatch.core.entry import Entry
from dispatch.journal import drain
from dispatch.store.enrolment import Enrolment, devices, issue_codes, keep_token
from dispatch.store.errors import Refused
from dispatch.store.pool import connected, open_pool
from protocol import messages
from protocol.codec import encode
from protocol.vocabulary import FoundBy
from tests.journal.drained import JOURNAL_ID, drain_all, rows
from tests.journal.entries import (
    CLOSED,
    RECEIVED_AT_MS,
    MemoryLog,
    alert_id,
    device_entry,
    entry,
    message_entry,
    trouble,
    view,
)
from tests.store.conftest import TEMPLATE, Server
from tests.store.on_asyncio import on_asyncio
from tests.store.samples import fill

RECEIVED_AT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


@pytest.fixture
def dsn(server: Server) -> str:
    return server.new_database(TEMPLATE)


@on_asyncio
async def test_an_alert_can_be_asked_for_all_it_shows(dsn: str, tmp_path: Path) -> None:
    shown = view(
        1,
        4,
        **CLOSED
        | {
            "late": (messages.LateStage("accepted", 11_000, 10_000),),
            "owner": messages.OwnerView("patrol-1", "Patrulla 1", "Q-01", 60, False),
        },
    )
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        await drain_all(MemoryLog([entry(1, 4, "closed", view=shown)]), pool)
        async with connected(pool) as connection:
            row = await connection.fetchrow("SELECT * FROM alerts")
    assert row is not None
    kept = dict(row)
    assert json.loads(kept.pop("view")) == json.loads(shown)
    assert json.loads(kept.pop("late_stages")) == ["accepted"]
    assert {name: str(value) for name, value in kept.items() if value is not None} == {
        "alert_id": alert_id(1),
        "version": "4",
        "person_id": "p-ana",
        "kind": "panic",
        "state": "closed",
        "urgency": "normal",
        "quadrant": "Q-01",
        "edition": "2024",
        "front_id": "f-manga",
        "device_id": "app-ana",
        "lat": "10.41",
        "lon": "-75.53",
        "accuracy_m": "12.5",
        "found_by": "inside",
        "reach": "on_duty",
        "step": "none",
        "owner_id": "patrol-1",
        "outcome": "real",
        "note": "Se atendió",
        "signals_total": "1",
        "received_at": str(RECEIVED_AT),
        "closed_at": str(RECEIVED_AT + timedelta(seconds=9)),
    }


@on_asyncio
async def test_what_its_cameras_saw_can_be_asked_for(dsn: str) -> None:
    picture = messages.PictureView(alert_id(9), "camera-1", "Cámara 1", RECEIVED_AT_MS, "")
    log = MemoryLog([entry(1, 1), entry(2, 1, view=view(2, 1, pictures=(picture,)))])
    async with open_pool(dsn) as pool:
        await drain_all(log, pool)
        async with connected(pool) as connection:
            (row,) = await connection.fetch("SELECT * FROM pictures")
    assert {name: str(value) for name, value in row.items()} == {
        "picture_id": alert_id(9),
        "alert_id": alert_id(2),
        "front_id": "f-manga",
        "camera_id": "camera-1",
        "camera": "Cámara 1",
        "taken_at": str(RECEIVED_AT),
    }


@on_asyncio
async def test_an_alert_without_place_front_or_quadrant_is_kept(dsn: str) -> None:
    nowhere = messages.PlaceView(None, None, None, None, "", FoundBy.NONE, None, False, None)
    shown = view(1, 1, place=nowhere, quadrant=None, front=None, edition="")
    async with open_pool(dsn) as pool:
        await drain_all(MemoryLog([entry(1, 1, view=shown)]), pool)
        assert await rows(pool, "SELECT lat, quadrant, front_id, person_id FROM alerts") == [
            (None, None, None, None)
        ]


@pytest.mark.parametrize("at_once", [True, False])
@on_asyncio
async def test_an_alert_moves_to_a_higher_version_only(dsn: str, at_once: bool) -> None:
    steps = [(2, "first"), (1, "old"), (2, "delivered, at the same version"), (3, "new"), (2, "")]
    log = MemoryLog()
    async with open_pool(dsn) as pool:
        for version, note in steps:
            log.append(entry(1, version, view=view(1, version, note=note)))
            if not at_once:
                await drain_all(log, pool)
        await drain_all(log, pool)
        assert await rows(pool, "SELECT version, note FROM alerts") == [(3, "new")]


@on_asyncio
async def test_an_alert_that_is_raised_anew_replaces_the_one_long_closed(dsn: str) -> None:
    later = orjson.loads(view(1, 1, note="anew"))
    later["stages"]["received_at_ms"] += 7_200_000
    log = MemoryLog([entry(1, 9, view=view(1, 9, note="closed"))])
    async with open_pool(dsn) as pool:
        await drain_all(log, pool)
        log.append(entry(1, 1, view=orjson.dumps(later)))
        await drain_all(log, pool)
        assert await rows(pool, "SELECT version, note FROM alerts") == [(1, "anew")]


@on_asyncio
async def test_a_delivery_alters_what_an_alert_shows_but_not_its_version(dsn: str) -> None:
    log = MemoryLog([entry(1, 2)])
    async with open_pool(dsn) as pool:
        await drain_all(log, pool)
        log.append(entry(1, 2, "delivered", view=view(1, 2, signals_total=7)))
        await drain_all(log, pool)
        assert await rows(pool, "SELECT signals_total FROM alerts") == [(7,)]


@on_asyncio
async def test_events_stand_in_order_with_their_numbers(dsn: str) -> None:
    log = MemoryLog(
        [
            entry(1, 1, reason="first"),
            entry(2, 1, reason="first"),
            entry(1, 1, "delivered", at_ms=RECEIVED_AT_MS + 80, device_id="patrol-1", took_ms=80),
            entry(1, 0, "escalated", at_ms=RECEIVED_AT_MS + 9, device_id=None, person_id="p"),
        ]
    )
    async with open_pool(dsn) as pool:
        await drain_all(log, pool)
        timeline = await rows(
            pool,
            "SELECT journal_id, seq, at, kind, reason, device_id, person_id, took_ms, version"
            " FROM alert_events WHERE alert_id = $1 ORDER BY seq",
            alert_id(1),
        )
    at = RECEIVED_AT
    assert timeline == [
        (JOURNAL_ID, 1, at, "signal", "first", "app-ana", None, None, 1),
        (JOURNAL_ID, 3, at + timedelta(milliseconds=80), "delivered", "", "patrol-1", None, 80, 1),
        (JOURNAL_ID, 4, at + timedelta(milliseconds=9), "escalated", "", None, "p", None, None),
    ]


@on_asyncio
async def test_events_may_come_before_what_their_alert_shows(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "BATCH_ROWS", 1)
    log = MemoryLog([entry(1, 0, view=None), entry(1, 1, "dispatched")])
    async with open_pool(dsn) as pool:
        await drain_all(log, pool)
        assert await rows(
            pool,
            "SELECT seq, e.version FROM alert_events AS e JOIN alerts USING (alert_id)"
            " ORDER BY seq",
        ) == [(1, None), (2, 1)]


@on_asyncio
async def test_a_delivery_keeps_the_first_time_of_each_stage(dsn: str) -> None:
    def of(kind: str, device_id: str | None, after_ms: int) -> Entry:
        return entry(1, 1, kind, device_id=device_id, at_ms=RECEIVED_AT_MS + after_ms)

    log = MemoryLog(
        [
            of("delivered", "patrol-1", 1_000),
            of("accepted", "patrol-1", 2_000),
            of("delivered", "patrol-2", 3_000),
            of("escalated", None, 3_500),
        ]
    )
    async with open_pool(dsn) as pool:
        await drain_all(log, pool)
        for later in (of("accepted", "patrol-1", 4_000), of("arrived", "patrol-1", 5_000)):
            log.append(later)
        await drain_all(log, pool)
        after = [
            (device, *((at - RECEIVED_AT).seconds if at else None for at in times))
            for device, *times in await rows(
                pool,
                "SELECT device_id, delivered_at, accepted_at, arrived_at FROM deliveries"
                " ORDER BY device_id",
            )
        ]
    assert after == [("patrol-1", 1, 2, 5), ("patrol-2", 3, None, None)]


@on_asyncio
async def test_what_the_recorder_kept_comes_through_the_journal(dsn: str, tmp_path: Path) -> None:
    log = MemoryLog(
        [
            Entry("code_spent", RECEIVED_AT_MS, device_id="app-ana"),
            Entry("denied", RECEIVED_AT_MS, "off_duty", "patrol-1", alert_id(7)),
            Entry("refused", RECEIVED_AT_MS, "4001", "app-ana"),
            Entry("refused", RECEIVED_AT_MS, "4001"),
            entry(1, 2, "false_alarm", person_id="p-ana"),
            Entry("duty", RECEIVED_AT_MS, "on", "patrol-1"),
            Entry("of a newer version", RECEIVED_AT_MS),
        ]
    )
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        await issue_codes(pool, ["app-ana"])
        await keep_token(pool, "app-ana", bytes(32))
        await drain_all(log, pool)
        assert await rows(pool, "SELECT what, reason, device_id FROM denials") == [
            ("denied", "off_duty", "patrol-1"),
            ("refused", "4001", "app-ana"),
        ]
        assert await rows(pool, "SELECT device_id, person_id FROM false_alarms") == [
            ("app-ana", "p-ana")
        ]
        assert (await devices(pool, front="f-manga"))[0].enrolment is Enrolment.ENROLLED
        assert await rows(pool, "SELECT kind FROM alert_events") == [("false_alarm",)]
        assert await rows(pool, "SELECT * FROM journal_refused") == []


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("DELETE FROM alerts", "an open alert is kept"),
        ("DELETE FROM alert_events", "goes with its alert"),
        ("UPDATE alert_events SET reason = ''", "only appended to"),
        ("TRUNCATE alert_events", "only appended to"),
        ("UPDATE alerts SET view = view - 'outcome' || '{\"state\": \"closed\"}'", "an outcome"),
        ("UPDATE alerts SET view = view - 'state'", "state"),
    ],
)
@on_asyncio
async def test_the_record_is_not_tampered_with(dsn: str, sql: str, why: str) -> None:
    async with open_pool(dsn) as pool:
        await drain_all(MemoryLog([entry(1, 1)]), pool)
        with pytest.raises(Refused, match=why):
            async with connected(pool) as connection:
                await connection.execute(sql)


# --- the questions ------------------------------------------------------------------------------

QUESTIONS = {
    "alerts_in_time": "SELECT view FROM alerts"
    " WHERE (received_at, alert_id) < (now() - interval '1 day', gen_random_uuid())"
    " ORDER BY received_at DESC, alert_id DESC LIMIT 100",
    "open_alerts_of_a_quadrant": """
        SELECT alert_id FROM alerts WHERE state <> 'closed' AND quadrant = 'Q-7'
        ORDER BY received_at""",
    "unanswered_alerts_by_age": """
        SELECT alert_id FROM alerts
        WHERE state IN ('raised', 'dispatched') AND received_at < now() - interval '90 seconds'
        ORDER BY received_at""",
    "alerts_of_a_device_in_time": """
        SELECT alert_id FROM alerts WHERE device_id = 'app-7'
        AND received_at > now() - interval '1 year' ORDER BY received_at DESC""",
    "alerts_of_a_person_in_time": """
        SELECT alert_id FROM alerts WHERE person_id = 'p-7'
        AND received_at > now() - interval '1 year' ORDER BY received_at DESC""",
    "alerts_of_a_front_in_time": """
        SELECT alert_id FROM alerts WHERE front_id = 'f-7'
        AND received_at > now() - interval '1 year' ORDER BY received_at DESC""",
    "closed_alerts_by_month_and_outcome": """
        SELECT outcome, count(*) FROM alerts
        WHERE state = 'closed' AND closed_at >= date_trunc('month', now() - interval '2 months')
          AND closed_at < date_trunc('month', now() - interval '1 month')
        GROUP BY outcome""",
    "timeline_of_an_alert": """
        SELECT at, kind, reason, device_id FROM alert_events
        WHERE alert_id = '01932f7a-5c00-7abc-8def-000000000007' ORDER BY at, seq""",
    "deliveries_of_a_device_in_time": """
        SELECT alert_id FROM deliveries WHERE device_id = 'patrol-7'
        AND delivered_at > now() - interval '1 day' ORDER BY delivered_at""",
    "open_troubles_by_age": """
        SELECT trouble_id FROM troubles
        WHERE closed_at IS NULL AND opened_at < now() - interval '7 days' ORDER BY opened_at""",
    "open_troubles_of_a_front": """
        SELECT trouble_id FROM troubles WHERE closed_at IS NULL AND front_id = 'f-7'
        ORDER BY opened_at""",
    "troubles_of_a_device_in_time": """
        SELECT trouble_id FROM troubles WHERE device_id = 'panel-7'
        AND opened_at > now() - interval '1 year' ORDER BY opened_at DESC""",
    "closed_troubles_by_age": """
        SELECT trouble_id FROM troubles WHERE closed_at < now() - interval '270 days'
        ORDER BY closed_at LIMIT 100""",
    "messages_of_a_front_in_time": """
        SELECT message_id FROM messages WHERE front_id = 'f-7'
        AND sent_at > now() - interval '1 year' ORDER BY sent_at DESC""",
    "messages_about_an_alert": """
        SELECT message_id FROM messages
        WHERE alert_id = '01932f7a-5c00-7abc-8def-000000000007' ORDER BY sent_at""",
    "messages_by_age": """
        SELECT message_id FROM messages WHERE sent_at < now() - interval '270 days'
        ORDER BY sent_at LIMIT 100""",
}
FILL = """
    WITH n AS (SELECT n, n % 100 = 0 AS open, now() - n * interval '20 minutes' AS at
               FROM generate_series(1, 20000) AS n)
    INSERT INTO alerts (alert_id, version, person_id, view)
    SELECT ('01932f7a-5c00-7abc-8def-' || lpad(to_hex(n), 12, '0'))::uuid, 1, 'p-' || n % 900,
           $1::jsonb || jsonb_build_object(
               'alert_id', '01932f7a-5c00-7abc-8def-' || lpad(to_hex(n), 12, '0'),
               'state', CASE WHEN open THEN 'dispatched' ELSE 'closed' END,
               'outcome', CASE WHEN NOT open THEN 'real' END,
               'quadrant', jsonb_build_object('code', 'Q-' || n % 90),
               'front', jsonb_build_object('front_id', 'f-' || n % 300),
               'sender', jsonb_build_object('device_id', 'app-' || n % 900),
               'stages', jsonb_build_object(
                   'received_at_ms', floor(extract(epoch FROM at) * 1000)::bigint,
                   'closed_at_ms', CASE WHEN NOT open
                       THEN floor(extract(epoch FROM at) * 1000)::bigint + 600000 END))
    FROM n
"""
FILL_TROUBLES = """
    INSERT INTO troubles (trouble_id, view)
    SELECT 't' || n, $1::jsonb || jsonb_build_object(
        'trouble_id', 't' || n, 'device_id', 'panel-' || n % 900, 'front_id', 'f-' || n % 300,
        'opened_at_ms', floor(extract(epoch FROM at) * 1000)::bigint,
        'closed_at_ms', CASE WHEN n % 20 > 0
            THEN floor(extract(epoch FROM at) * 1000)::bigint + 600000 END)
    FROM (SELECT n, now() - n * interval '20 minutes' AS at
          FROM generate_series(1, 20000) AS n) AS filled
"""
FILL_MESSAGES = """
    INSERT INTO messages (message_id, view)
    SELECT message_id::uuid, $1::jsonb || jsonb_build_object(
        'message_id', message_id, 'front_id', 'f-' || n % 300, 'alert_id', message_id,
        'sent_at_ms', floor(extract(epoch FROM now() - n * interval '20 minutes') * 1000)::bigint)
    FROM generate_series(1, 20000) AS n,
         LATERAL (SELECT '01932f7a-5c00-7abc-8def-' || lpad(to_hex(n), 12, '0')) AS i (message_id)
"""
FILL_EVENTS = """
    INSERT INTO alert_events
    SELECT gen_random_uuid(), 3 * row_number() OVER () + n, alert_id, received_at, 'signal', '',
           device_id, NULL, NULL, 1
    FROM alerts, generate_series(1, 3) AS n
"""
FILL_DELIVERIES = """
    INSERT INTO deliveries
    SELECT alert_id, 'patrol-' || (n + 3 * row_number() OVER ()) % 270, received_at
    FROM alerts, generate_series(1, 2) AS n
"""


@on_asyncio
async def test_each_question_is_answered_by_the_index_named_after_it(dsn: str) -> None:
    plans: dict[str, str] = {}
    async with open_pool(dsn) as pool, connected(pool, 60) as connection:
        await connection.execute(FILL, view(1, 1).decode())
        await connection.execute(FILL_TROUBLES, encode(trouble("t", "panel")).decode())
        await connection.execute(FILL_MESSAGES, (message_entry(1).view or b"").decode())
        await connection.execute(FILL_EVENTS)
        await connection.execute(FILL_DELIVERIES)
        await connection.execute(
            "VACUUM ANALYZE alerts, alert_events, deliveries, troubles, messages"
        )
        for index, question in QUESTIONS.items():
            plan: list[Any] = await connection.fetch(f"EXPLAIN {question}")
            plans[index] = "\n".join(row[0] for row in plan)
        indexes = await connection.fetch(
            "SELECT indexname FROM pg_indexes"
            " WHERE tablename IN ('alerts', 'alert_events', 'deliveries', 'troubles', 'messages')"
            " AND indexname NOT LIKE '%pkey' AND indexdef LIKE '%btree%'"
        )
    assert {row[0] for row in indexes} == QUESTIONS.keys()
    # Without a condition an index would only be read from end to end.
    slow = {i: plan for i, plan in plans.items() if i not in plan or "Index Cond" not in plan}
    assert slow == {}


@on_asyncio
async def test_every_table_and_the_columns_that_need_it_are_explained(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        silent = await rows(
            pool,
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname IN ('alerts',"
            " 'alert_events', 'deliveries', 'journals', 'journal_refused', 'kit', 'troubles',"
            " 'messages')"
            " AND obj_description(oid) IS NULL",
        )
    assert silent == []


# --- messages to fronts ---------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [True, False])
@on_asyncio
async def test_a_message_can_be_asked_for_with_whom_it_has_reached(dsn: str, at_once: bool) -> None:
    told = [
        entry(1, 1),
        Entry("messaged", RECEIVED_AT_MS, "", "sala-1", alert_id(1)),
        message_entry(5, about=alert_id(1)),
        message_entry(6),
        message_entry(5, "told", about=alert_id(1), sent_to=2),
        message_entry(5, "message_ended", about=alert_id(1), sent_to=3, shown_by=2),
    ]
    async with open_pool(dsn) as pool:
        for log in [MemoryLog(told)] if at_once else map(MemoryLog, [[each] for each in told]):
            await drain_all(log, pool, JOURNAL_ID if at_once else uuid4())
        kept = await rows(
            pool,
            "SELECT message_id::text, front_id, alert_id::text, sender_id, body, sent_at,"
            " extract(hours FROM until - sent_at)::int, members, sent_to, shown_by"
            " FROM messages ORDER BY 1",
        )
        timeline = await rows(pool, "SELECT kind, device_id FROM alert_events ORDER BY kind")
        assert await rows(pool, "SELECT * FROM journal_refused") == []
    said = ("f-manga", "sala-1", "Cierren puertas", RECEIVED_AT, 4, 3)
    front, sender, body, at, hours, members = said
    assert kept == [
        (alert_id(5), front, alert_id(1), sender, body, at, hours, members, 3, 2),
        (alert_id(6), front, None, sender, body, at, hours, members, 0, 0),
    ]
    assert timeline == [("messaged", "sala-1"), ("signal", "app-ana")]


# --- the kit --------------------------------------------------------------------------------------

OPENED, CLOSED_TROUBLE = "trouble_opened", "trouble_closed"


@pytest.mark.parametrize("at_once", [True, False])
@on_asyncio
async def test_of_a_device_the_newest_is_kept_until_it_is_not_watched(
    dsn: str, at_once: bool
) -> None:
    log = MemoryLog()
    async with open_pool(dsn) as pool:
        for line in (
            device_entry("wall", "installed", last_seen_ms=RECEIVED_AT_MS),
            device_entry("panel", last_seen_ms=RECEIVED_AT_MS, battery_percent=80),
            device_entry("wall", last_seen_ms=RECEIVED_AT_MS + 9_000, tested_ms=RECEIVED_AT_MS),
            device_entry("gone", "installed", last_seen_ms=RECEIVED_AT_MS),
            device_entry("gone", "uninstalled", is_open=False),
        ):
            log.append(line)
            if not at_once:
                await drain_all(log, pool)
        await drain_all(log, pool)
        assert await rows(
            pool,
            "SELECT device_id, last_seen_at, battery_percent, tested_at, test_due_at FROM kit"
            " ORDER BY 1",
        ) == [
            ("panel", RECEIVED_AT, 80, None, None),
            ("wall", RECEIVED_AT + timedelta(seconds=9), None, RECEIVED_AT, None),
        ]
        assert await rows(pool, "SELECT * FROM alert_events") == []


@pytest.mark.parametrize("at_once", [True, False])
@on_asyncio
async def test_a_trouble_is_kept_as_it_was_shown_last(dsn: str, at_once: bool) -> None:
    log = MemoryLog()
    closed_at_ms, still_open = RECEIVED_AT_MS + 60_000, trouble("t2", "wall")
    async with open_pool(dsn) as pool:
        for line in (
            device_entry("wall", OPENED, troubles=(trouble("t1", "wall"),)),
            device_entry("wall", OPENED, troubles=(trouble("t1", "wall"), still_open)),
            device_entry(
                "wall", CLOSED_TROUBLE, troubles=(still_open, trouble("t1", "wall", closed_at_ms))
            ),
            device_entry("wall", troubles=(still_open,)),
        ):
            log.append(line)
            if not at_once:
                await drain_all(log, pool)
        await drain_all(log, pool)
        found = await rows(
            pool,
            "SELECT trouble_id, kind, device_id, role, front_id, opened_at, closed_at,"
            " last_seen_at, battery_percent, view ->> 'device' FROM troubles ORDER BY 1",
        )
    seen_at = RECEIVED_AT - timedelta(minutes=3)
    closed_at = RECEIVED_AT + timedelta(minutes=1)
    rest = ("missing", "wall", "button", "f-manga", RECEIVED_AT)
    assert found == [
        ("t1", *rest, closed_at, seen_at, 15, "Botón"),
        ("t2", *rest, None, seen_at, 15, "Botón"),
    ]


@pytest.mark.parametrize("at_once", [True, False])
@on_asyncio
async def test_a_trouble_whose_end_was_lost_ends_with_the_next_line_of_its_device(
    dsn: str, at_once: bool
) -> None:
    log = MemoryLog()
    async with open_pool(dsn) as pool:
        for line in (
            device_entry("wall", OPENED, troubles=(trouble("t1", "wall"),)),
            device_entry("panel", OPENED, troubles=(trouble("t2", "panel"),)),
            device_entry("gone", OPENED, troubles=(trouble("t3", "gone"),)),
            device_entry("wall"),
            device_entry("gone", "uninstalled", is_open=False),
        ):
            log.append(line)
            if not at_once:
                await drain_all(log, pool)
        await drain_all(log, pool)
        ended = await rows(pool, "SELECT trouble_id, closed_at FROM troubles ORDER BY 1")
    assert ended == [("t1", RECEIVED_AT), ("t2", None), ("t3", RECEIVED_AT)]


@on_asyncio
async def test_an_open_trouble_is_not_deleted(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        line = device_entry("wall", OPENED, troubles=(trouble("t1", "wall"),))
        await drain_all(MemoryLog([line]), pool)
        with pytest.raises(Refused, match="an open trouble is kept"):
            async with connected(pool) as connection:
                await connection.execute("DELETE FROM troubles")

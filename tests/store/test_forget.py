from datetime import timedelta

import pytest

from dispatch.store import forget
from dispatch.store.errors import Refused
from dispatch.store.forget import forget_alerts, known_alerts
from dispatch.store.pool import Pool, connected, open_pool

from .conftest import TEMPLATE, Server
from .on_asyncio import on_asyncio, soon

YEAR = timedelta(days=365)
# Closed that many days ago; a tenth of them never.
ALERTS = """
    INSERT INTO alerts (alert_id, version, view)
    SELECT lpad(to_hex(n), 32, '0')::uuid, 1, jsonb_build_object(
        'alert_id', lpad(to_hex(n), 32, '0')::uuid, 'kind', 'panic', 'urgency', 'normal',
        'state', CASE WHEN n % 10 = 0 THEN 'accepted' ELSE 'closed' END,
        'outcome', CASE WHEN n % 10 <> 0 THEN 'real' END, 'edition', '2024', 'note', '',
        'signals_total', 1, 'sender', '{"device_id": "app-ana"}'::jsonb, 'late', '[]'::jsonb,
        'place', '{"found_by": "inside"}'::jsonb, 'told', '{"reach": "on_duty"}'::jsonb,
        'escalation', '{"step": "none"}'::jsonb, 'stages', jsonb_build_object(
            'received_at_ms', 0, 'closed_at_ms', CASE WHEN n % 10 <> 0 THEN
                floor(extract(epoch FROM now() - n * interval '1 day') * 1000)::bigint END))
    FROM generate_series(1, 1000) AS n
"""
PARTS = """
    INSERT INTO alert_events
    SELECT gen_random_uuid(), 1, alert_id, now(), 'signal', '', NULL, NULL, NULL, 1 FROM alerts;
    INSERT INTO alert_events VALUES
        (gen_random_uuid(), 1, gen_random_uuid(), now() - interval '2 years', 'signal', '');
    INSERT INTO deliveries SELECT alert_id, 'patrol-1' FROM alerts;
    INSERT INTO journal_refused VALUES (gen_random_uuid(), 1, '', '', now()),
        (gen_random_uuid(), 1, '', '', now() - interval '2 years');
    INSERT INTO troubles (trouble_id, view)
    SELECT id, jsonb_build_object('trouble_id', id, 'kind', 'missing', 'device_id', 'wall',
        'role', 'button', 'opened_at_ms', 0, 'closed_at_ms', closed_at_ms)
    FROM (VALUES ('open', NULL), ('old', 1000),
                 ('new', floor(extract(epoch FROM now()) * 1000)::bigint)) AS t (id, closed_at_ms);
    INSERT INTO messages (message_id, view)
    SELECT id, jsonb_build_object('message_id', id, 'front_id', 'f', 'sender_id', 'sala',
        'body', 'Hola', 'members', 1, 'sent_to', 1, 'shown_by', 1, 'until_ms', 0,
        'sent_at_ms', sent_at_ms)
    FROM (VALUES (gen_random_uuid(), 1000),
                 (gen_random_uuid(), floor(extract(epoch FROM now()) * 1000)::bigint))
         AS m (id, sent_at_ms)
"""
CALLS = """
    INSERT INTO audit (at, account_id, method, route, status)
    SELECT now() - age, 'ana', 'GET', age::text, 200
    FROM unnest('{2 days, 11 months, 2 years}'::interval[]) AS age
"""
OLD = sum(1 for days in range(365, 1001) if days % 10)


@pytest.fixture
def dsn(server: Server) -> str:
    return server.new_database(TEMPLATE)


async def fill(pool: Pool) -> None:
    async with connected(pool) as connection:
        await connection.execute(ALERTS)
        await connection.execute(PARTS)


async def counts(pool: Pool) -> list[int]:
    tables = ("alerts", "alert_events", "deliveries", "journal_refused", "troubles", "messages")
    async with connected(pool) as connection:
        return [await connection.fetchval(f"SELECT count(*) FROM {name}") for name in tables]  # noqa: S608


@on_asyncio
async def test_old_closed_alerts_go_with_all_that_is_theirs(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forget, "BATCH", 100)
    async with open_pool(dsn) as pool:
        await fill(pool)
        assert await forget_alerts(pool, YEAR) == OLD
        left = 1000 - OLD
        assert await counts(pool) == [left, left, left, 1, 2, 1]
        async with connected(pool) as connection:
            assert (
                await connection.fetchval("SELECT count(*) FROM alerts WHERE state <> 'closed'")
                == 100
            )
        assert await forget_alerts(pool, YEAR) == 0


@on_asyncio
async def test_what_is_being_written_is_left_for_the_next_time(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool)
        async with connected(pool) as writer, writer.transaction():
            await writer.execute(
                "SELECT FROM alerts WHERE alert_id = lpad(to_hex(999), 32, '0')::uuid FOR UPDATE"
            )
            first = await soon(forget_alerts(pool, YEAR))
        assert await forget_alerts(pool, YEAR) == 1
        assert first == OLD - 1


@on_asyncio
async def test_what_the_control_room_looks_at_is_not_deleted(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        with pytest.raises(Refused, match="at least 1 day"):
            await forget_alerts(pool, timedelta(hours=23))


@on_asyncio
async def test_which_alerts_are_known_is_said(dsn: str) -> None:
    known, unknown = (f"00000000-0000-0000-0000-{number:012x}" for number in (1, 1001))
    async with open_pool(dsn) as pool:
        await fill(pool)
        assert await known_alerts(pool, {known, unknown}) == {known}
        assert await known_alerts(pool, set()) == set()


@on_asyncio
async def test_calls_stay_on_record_for_a_year(dsn: str) -> None:
    async with open_pool(dsn) as pool, connected(pool) as connection:
        await connection.execute(CALLS)
        await forget_alerts(pool, timedelta(days=1))
        rows = await connection.fetch("SELECT route FROM audit ORDER BY at")
        assert [row["route"] for row in rows] == ["11 mons", "2 days"]

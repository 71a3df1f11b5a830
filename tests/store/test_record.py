import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from dispatch.core.facts import Fact, FactKind
from dispatch.store import record
from dispatch.store.enrolment import Enrolment, devices, issue_codes, keep_token
from dispatch.store.pool import Pool, connected, open_pool
from dispatch.store.record import (
    BATCH,
    Recorder,
    forget_old_false_alarms,
    keep_denial,
    keep_false_alarm,
)

from .conftest import Server
from .on_asyncio import PATIENCE_S, on_asyncio, soon
from .samples import fill

ALERT_ID = "01932f7a-5c00-7abc-8def-0123456789ab"
DENIED = Fact(FactKind.DENIED, 1_700_000_000_000, "not_yours", "app-ana", ALERT_ID)
FALSE_ALARM = Fact(FactKind.FALSE_ALARM, 1_700_000_000_000, "", "app-ana", ALERT_ID, "p-ana")


async def rows(pool: Pool, sql: str) -> list[tuple[Any, ...]]:
    async with connected(pool) as connection:
        return [tuple(row) for row in await connection.fetch(sql)]


async def count(pool: Pool, table: str) -> int:
    [[number]] = await rows(pool, f"SELECT count(*) FROM {table}")  # noqa: S608 - our own names
    return number


@asynccontextmanager
async def running(recorder: Recorder) -> AsyncIterator[None]:
    task = asyncio.create_task(recorder.run())
    try:
        yield
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def stored(recorder: Recorder) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while recorder.waiting:  # noqa: ASYNC110 - nobody but a test waits for it
            await asyncio.sleep(0.01)


@on_asyncio
async def test_a_false_alarm_counts_once_however_often_it_is_told(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        for _ in range(2):
            await keep_false_alarm(
                pool, alert_id=ALERT_ID, device_id="app-ana", person_id="p-ana", closed_at_ms=0
            )
        assert await rows(pool, "SELECT device_id, person_id FROM false_alarms") == [
            ("app-ana", "p-ana")
        ]


@on_asyncio
async def test_a_false_alarm_of_nobody_known_is_left_out(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        for device_id, person_id in (("gone", "p-ana"), ("button-1", "gone")):
            await keep_false_alarm(
                pool, alert_id=ALERT_ID, device_id=device_id, person_id=person_id, closed_at_ms=0
            )
        assert await rows(pool, "SELECT device_id, person_id FROM false_alarms") == [
            ("button-1", None)
        ]


@on_asyncio
async def test_only_old_false_alarms_are_forgotten(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        async with connected(pool) as connection:
            await connection.execute(
                "INSERT INTO false_alarms VALUES (gen_random_uuid(), 'app-ana', NULL, now()),"
                " (gen_random_uuid(), 'app-ana', NULL, now() - interval '91 days')"
            )
            await forget_old_false_alarms(connection)
        assert await count(pool, "false_alarms") == 1


@on_asyncio
async def test_a_denial_is_kept_even_of_a_device_that_does_not_exist(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await keep_denial(pool, at_ms=1_500, device_id="nobody", reason="bad_credentials")
        assert await rows(
            pool, "SELECT extract(epoch FROM at), device_id, what, reason FROM denials"
        ) == [(1.5, "nobody", "denied", "bad_credentials")]


@on_asyncio
async def test_facts_are_stored_in_the_background(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        await issue_codes(pool, ["app-ana"])
        await keep_token(pool, "app-ana", bytes(32))
        recorder = Recorder(pool)
        async with running(recorder):
            recorder.put(FALSE_ALARM)
            recorder.put(Fact(FactKind.CODE_SPENT, 0, device_id="app-ana"))
            for _ in range(2 * BATCH + 1):
                recorder.put(DENIED)
            await stored(recorder)
        assert await count(pool, "false_alarms") == 1
        assert await count(pool, "denials") == 2 * BATCH + 1
        assert await rows(pool, "SELECT 1 FROM devices WHERE code_hash IS NOT NULL") == []
        assert (await devices(pool, front="f-manga"))[0].enrolment is Enrolment.ENROLLED
        assert recorder.dropped == 0


@on_asyncio
async def test_a_flush_beside_the_running_recorder_stores_each_fact_once(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        recorder = Recorder(pool)
        async with running(recorder):
            for _ in range(2 * BATCH):
                recorder.put(DENIED)
            await asyncio.gather(recorder.flush(PATIENCE_S), recorder.flush(PATIENCE_S))
        assert recorder.waiting == 0
        assert await count(pool, "denials") == 2 * BATCH


@pytest.mark.parametrize(
    "fact",
    [
        Fact(FactKind.SIGNAL, 0, "first", "app-ana", ALERT_ID),
        Fact(FactKind.REFUSED, 0, "hello_timeout"),
    ],
)
@on_asyncio
async def test_what_the_store_does_not_keep_is_let_go(dsn: str, fact: Fact) -> None:
    async with open_pool(dsn) as pool:
        recorder = Recorder(pool)
        recorder.put(fact)
    assert (recorder.waiting, recorder.dropped) == (0, 0)


@on_asyncio
async def test_facts_outlast_an_absent_server(
    server: Server, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "RETRY_S", 0.05)
    async with open_pool(dsn) as pool:
        recorder = Recorder(pool)
        async with running(recorder):
            with server.stopped():
                recorder.put(DENIED)
                await recorder.flush()
                assert recorder.waiting == 1
            await stored(recorder)
        assert await count(pool, "denials") == 1


@on_asyncio
async def test_what_finds_no_room_is_counted_and_denials_leave_room(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "WAITING_MAX", 3)
    monkeypatch.setattr(record, "DENIALS_WAITING_MAX", 2)
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        recorder = Recorder(pool)
        for fact in (DENIED, DENIED, DENIED, FALSE_ALARM, FALSE_ALARM):
            recorder.put(fact)
        assert (recorder.waiting, recorder.dropped) == (3, 2)
        await recorder.flush()
        recorder.put(DENIED)
        assert (recorder.waiting, recorder.dropped) == (1, 2)
        await recorder.flush()
        assert await count(pool, "denials") == 3
        assert await count(pool, "false_alarms") == 1


@on_asyncio
async def test_what_the_database_refuses_does_not_block_the_rest(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        recorder = Recorder(pool)
        recorder.put(Fact(FactKind.DENIED, 0, "x" * 201))
        await recorder.flush()
        recorder.put(DENIED)
        await recorder.flush()
        assert await count(pool, "denials") == 1
    assert (recorder.waiting, recorder.dropped) == (0, 1)


@on_asyncio
async def test_a_flush_stops_at_its_deadline(server: Server, dsn: str) -> None:
    async with open_pool(dsn) as pool:
        recorder = Recorder(pool)
        recorder.put(DENIED)
        with server.frozen():
            await soon(recorder.flush(deadline_s=0.1))
        assert recorder.waiting == 1

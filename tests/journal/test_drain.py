"""That the drain loses nothing, doubles nothing and goes on, whatever PostgreSQL does."""

import asyncio
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import msgspec
import psutil
import pytest
import uvloop
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.core.entry import Entry
from dispatch.journal import drain
from dispatch.journal.drain import Drain
from dispatch.journal.faults import Failure
from dispatch.journal.local_log import LocalLog
from dispatch.journal.tables import Numbered
from dispatch.store import pool as limits
from dispatch.store.migrate import migrate
from dispatch.store.pool import Pool, open_pool
from tests.journal.drained import EMPTY, JOURNAL_ID, drain_all, draining, rows, tables
from tests.journal.entries import FIRST_SHOWN, RECEIVED_AT_MS, MemoryLog, entry, view
from tests.store.conftest import TEMPLATE, Server, execute
from tests.store.on_asyncio import PATIENCE_S, on_asyncio

LONG_NAMED = msgspec.structs.replace(
    FIRST_SHOWN.sender, device_id="".join(sha256(bytes(n)).hexdigest() for n in range(90))
)
NO_UUID = Entry("signal", RECEIVED_AT_MS, alert_id="no uuid")


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter deadlines: these tests wait for them to pass."""
    monkeypatch.setattr(drain, "BATCH_DEADLINE_S", 1.0)
    monkeypatch.setattr(drain, "RETRY_FIRST_S", 0.02)
    monkeypatch.setattr(drain, "RETRY_LAST_S", 0.1)
    monkeypatch.setattr(limits, "ACQUIRE_DEADLINE_S", 0.5)
    monkeypatch.setattr(limits, "RELEASE_DEADLINE_S", 0.5)
    monkeypatch.setattr(limits, "CLOSE_DEADLINE_S", 0.5)


@pytest.fixture
def dsn(server: Server) -> str:
    return server.new_database(TEMPLATE)


@pytest.fixture
def other_dsn(server: Server) -> str:
    return server.new_database(TEMPLATE)


@pytest.fixture
def empty_dsn(server: Server) -> str:
    return server.new_database()


async def events(pool: Pool) -> list[int]:
    return [seq for (seq,) in await rows(pool, "SELECT seq FROM alert_events ORDER BY ctid")]


# --- in order, once -----------------------------------------------------------------------------


@on_asyncio
async def test_everything_comes_over_in_order_and_in_batches(dsn: str) -> None:
    log = MemoryLog(entry(number, 1) for number in range(1, 2 * drain.BATCH_ROWS + 2))
    async with open_pool(dsn) as pool:
        drained = await drain_all(log, pool)
        assert await events(pool) == list(range(1, log.stored_seq + 1))
    assert drained.told == [drain.BATCH_ROWS, 2 * drain.BATCH_ROWS, log.stored_seq]


@on_asyncio
async def test_a_batch_is_bounded_by_bytes_but_holds_one_entry(
    dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drain, "BATCH_BYTES", 3_500)
    big = entry(1, 1, state=bytes(5_000))
    small = [entry(number, 1, state=bytes(500)) for number in (2, 3, 4)]
    async with open_pool(dsn) as pool:
        drained = await drain_all(MemoryLog([big, *small]), pool)
    assert drained.told == [1, 3, 4]


class Quiet(MemoryLog):
    """A log that knows when it was found empty."""

    def __init__(self) -> None:
        super().__init__()
        self.read_out = threading.Semaphore(0)

    def read_after(self, seq: int, limit: int) -> list[Numbered]:
        found = super().read_after(seq, limit)
        if not found:
            self.read_out.release()
        return found


@on_asyncio
async def test_what_is_stored_while_it_waits_is_drained_when_it_is_stirred(dsn: str) -> None:
    log = Quiet()
    async with open_pool(dsn) as pool, draining(log, pool) as drained:
        await drained.until(0)
        for number in (1, 2, 3):
            assert await asyncio.to_thread(log.read_out.acquire, timeout=PATIENCE_S)
            log.read_out = threading.Semaphore(0)
            drained.drain.stirred(log.append(entry(number, 1)))
            await drained.until(number)
        assert await events(pool) == [1, 2, 3]


class SlowMark(MemoryLog):
    """A log whose thread is held between the commit and its own mark."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__(entries)
        self.go_on = threading.Event()

    def drained(self, seq: int) -> None:
        assert self.go_on.wait(PATIENCE_S)
        super().drained(seq)


@on_asyncio
async def test_whoever_waits_for_postgresql_is_told_at_its_commit(dsn: str) -> None:
    log = SlowMark([entry(1, 1)])
    async with open_pool(dsn) as pool, draining(log, pool) as drained:
        try:
            await drained.until(1)
            assert await events(pool) == [1]
            assert log.drained_seq == 0
        finally:
            log.go_on.set()


@on_asyncio
async def test_the_log_is_read_and_marked_in_other_threads(dsn: str) -> None:
    threads = set()

    class Watched(MemoryLog):
        def read_after(self, seq: int, limit: int) -> list[Numbered]:
            threads.add(threading.get_ident())
            return super().read_after(seq, limit)

        def drained(self, seq: int) -> None:
            threads.add(threading.get_ident())
            super().drained(seq)

    async with open_pool(dsn) as pool:
        await drain_all(Watched([entry(1, 1)]), pool)
    assert threads
    assert threading.get_ident() not in threads


@on_asyncio
async def test_the_log_may_lag_behind_postgresql(dsn: str) -> None:
    log = MemoryLog(entry(number, 1) for number in (1, 2, 3))
    async with open_pool(dsn) as pool:
        await drain_all(log, pool)
        before = await tables(pool)
        log.drained_seq = 1
        await drain_all(log, pool)
        assert await tables(pool) == before
    assert log.drained_seq == 3


@on_asyncio
async def test_two_drains_of_one_log_write_each_entry_once(dsn: str) -> None:
    # Nothing but the mark tells one denial from another.
    log = MemoryLog(Entry("denied", RECEIVED_AT_MS, str(number)) for number in range(2_000))
    async with open_pool(dsn) as pool:
        await asyncio.gather(*(drain_all(log, pool) for _ in range(2)))
        assert await rows(pool, "SELECT reason FROM denials ORDER BY denial_id") == [
            (str(number),) for number in range(2_000)
        ]


@on_asyncio
async def test_a_new_database_gets_all_that_the_log_still_has(dsn: str, other_dsn: str) -> None:
    log = MemoryLog(entry(number, 1) for number in (1, 2, 3))
    async with open_pool(dsn) as pool:
        await drain_all(log, pool)
    async with open_pool(other_dsn) as pool:
        await drain_all(log, pool)  # though nothing was stored since
        assert await events(pool) == [1, 2, 3]


@on_asyncio
async def test_logs_are_told_apart(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        for number in (1, 2):
            await drain_all(MemoryLog([entry(number, 1)]), pool, UUID(int=number))
        assert await events(pool) == [1, 1]


@pytest.mark.parametrize("since", [1, 2, 3])
@on_asyncio
async def test_a_log_put_back_from_an_older_copy_is_not_taken_for_itself(
    dsn: str, since: int
) -> None:
    log = MemoryLog(entry(number, 1) for number in (1, 2, 3))
    copy = MemoryLog([entry(1, 1)])
    async with open_pool(dsn) as pool:
        await drain_all(log, pool)
        before = await tables(pool)
        for number in range(since):  # fewer, as many and more than were lost with the newer one
            copy.append(entry(9, number, at_ms=RECEIVED_AT_MS + 3_600_000))
        async with draining(copy, pool) as drained:
            status = await drained.until_said("log_rewound")
        assert "entry 3" in status.reason
        assert status.entries_behind == since + 1
        assert await tables(pool) == before


@on_asyncio
async def test_what_comes_a_little_later_is_drained_together(dsn: str) -> None:
    log = MemoryLog([entry(1, 1)])
    async with open_pool(dsn) as pool, draining(log, pool, gather_s=0.2) as drained:
        await drained.until(1)
        for number in range(2, 12):
            drained.drain.stirred(log.append(entry(number, 1)))
            await asyncio.sleep(0)
        await drained.until(11)
        assert await events(pool) == list(range(1, 12))
    assert drained.told == [1, 11]


@pytest.mark.parametrize("left", [0, 1])
@on_asyncio
async def test_a_salvaged_log_goes_on_above_what_it_lost(dsn: str, left: int) -> None:
    log = MemoryLog(entry(number, 1) for number in (1, 2, 3))
    async with open_pool(dsn) as pool:
        await drain_all(log, pool)
        salvaged = MemoryLog()
        salvaged.drained_seq = 1
        for number in range(left):
            salvaged.append(entry(number, 1), skipping=1_000_000)
        async with draining(salvaged, pool) as drained:
            drained.drain.stirred(1_000_001)
            await drained.until(1_000_001 if left else 3)
        assert len(await events(pool)) == 3 + left
        assert drained.said == []


# --- however it is interrupted ------------------------------------------------------------------

ONE_OF = st.sampled_from
ENTRIES = st.lists(
    st.one_of(
        st.builds(
            entry,
            ONE_OF((1, 2, 3)),
            st.integers(1, 6),
            ONE_OF(("signal", "delivered", "accepted", "arrived", "escalated", "false_alarm")),
            device_id=ONE_OF((None, "patrol-1", "patrol-2")),
            at_ms=st.integers(RECEIVED_AT_MS, RECEIVED_AT_MS + 9),
        ),
        # Of several facts of one moment only the last has what the alert shows.
        st.builds(
            entry, ONE_OF((1, 2, 3)), st.just(0), ONE_OF(("signal", "closed")), view=st.none()
        ),
        st.builds(Entry, st.just("denied"), st.just(RECEIVED_AT_MS), ONE_OF("abc")),
        # Refused alone as well as among others, so that batches make no difference to it.
        st.just(NO_UUID),
    ),
    min_size=1,
    max_size=40,
)
CUTS = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.one_of(st.tuples(st.just("turns"), st.integers(0, 3_000)), st.just(("commit", 0))),
        st.integers(0, 3),
    ),
    max_size=6,
)


async def interrupted(log: MemoryLog, pool: Pool, cut: tuple[str, int]) -> None:
    """Run a drain and end it: after so many turns of the loop, or just after a commit."""
    where, turns = cut
    ended = asyncio.Event()

    def end(_: int) -> None:
        task.cancel()
        ended.set()

    tell = end if where == "commit" else lambda _: None
    task = asyncio.create_task(Drain(log, pool, JOURNAL_ID, on_drained=tell).run())
    if where == "commit":
        await asyncio.wait_for(ended.wait(), PATIENCE_S)
    else:
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.fixture(scope="module")
def two_dsns(server: Server) -> tuple[str, str]:
    return server.new_database(TEMPLATE), server.new_database(TEMPLATE)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=ENTRIES, cuts=CUTS)
def test_however_often_it_restarts_the_tables_are_those_of_one_run(
    two_dsns: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
    entries: list[Entry],
    cuts: list[tuple[int, tuple[str, int], int]],
) -> None:
    async def compare() -> None:
        for dsn in two_dsns:
            await execute(dsn, EMPTY)
        async with open_pool(two_dsns[0]) as cut_up, open_pool(two_dsns[1]) as clean:
            log = MemoryLog(entries)
            for rows_at_once, cut, lag in cuts:
                monkeypatch.setattr(drain, "BATCH_ROWS", rows_at_once)
                await interrupted(log, cut_up, cut)
                log.drained_seq = max(0, log.drained_seq - lag)
            await drain_all(log, cut_up)
            monkeypatch.setattr(drain, "BATCH_ROWS", len(entries))
            await drain_all(MemoryLog(entries), clean)
            assert await tables(cut_up) == await tables(clean)

    uvloop.run(compare())


# --- with the log itself ------------------------------------------------------------------------


@on_asyncio
async def test_the_real_log_is_drained_across_restarts(dsn: str, tmp_path: Path) -> None:
    async def a_run(pool: Pool, number: int) -> None:
        def stir(seq: int) -> None:
            a_drain.stirred(seq)

        log = LocalLog(
            tmp_path / "journal.sqlite",
            call_back=asyncio.get_running_loop().call_soon_threadsafe,
            on_stored=stir,
            on_failed=failures.append,
        )
        done = asyncio.Event()
        last = log.append([entry(number, 1), entry(number, 2, "accepted")])
        a_drain = Drain(
            log,
            pool,
            UUID(log.log_id),
            on_drained=lambda seq: done.set() if seq >= last else None,
        )
        task = asyncio.create_task(a_drain.run())
        await asyncio.wait_for(done.wait(), PATIENCE_S)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(log.close)

    failures: list[Failure] = []
    async with open_pool(dsn) as pool:
        for number in (1, 2, 3):
            await a_run(pool, number)
        assert await events(pool) == [1, 2, 3, 4, 5, 6]
        assert await rows(pool, "SELECT count(*) FROM journals") == [(1,)]
    assert failures == []


# --- what PostgreSQL refuses --------------------------------------------------------------------

REFUSED = {
    "no uuid": NO_UUID,
    "no JSON": entry(9, 1, view=b"{"),
    "no UTF-8": entry(9, 1, view=b'{"note": "\xff"}'),
    "a nul": entry(9, 1, view=b'{"note": "\\u0000"}'),
    "another alert's view": entry(9, 1, view=entry(8, 1).view),
    "a place that is none": entry(9, 1, view=b'{"place": {"lat": "north"}}'),
    "a number too great": entry(9, 2**40),
    "a text too long for an index": entry(9, 1, view=view(9, 1, sender=LONG_NAMED)),
    "a denial too long": Entry("denied", RECEIVED_AT_MS, "x" * 201),
}


@pytest.mark.parametrize("name", REFUSED)
@on_asyncio
async def test_an_entry_that_is_refused_for_good_blocks_nothing(dsn: str, name: str) -> None:
    refused = REFUSED[name]
    log = MemoryLog([*(entry(n, 1) for n in (1, 2, 3)), refused, *(entry(n, 1) for n in (4, 5))])
    async with open_pool(dsn) as pool:
        drained = await drain_all(log, pool)
        assert await events(pool) == [1, 2, 3, 5, 6]
        [(journal_id, seq, reason, kept)] = await rows(
            pool, "SELECT journal_id, seq, reason, entry FROM journal_refused"
        )
    assert (journal_id, seq) == (JOURNAL_ID, 4)
    assert reason
    assert "Ana" not in reason
    assert msgspec.json.decode(kept, type=Entry) == refused
    assert drained.drain.status().refused == 1
    assert drained.said[-1].refused == 1, "it is said at once"
    assert drained.drain.status().reason == ""


@on_asyncio
async def test_a_log_of_nothing_but_refused_entries_is_drained(dsn: str) -> None:
    log = MemoryLog([NO_UUID] * 20)
    async with open_pool(dsn) as pool:
        drained = await drain_all(log, pool)
        assert await rows(pool, "SELECT count(*) FROM journal_refused") == [(20,)]
    assert drained.drain.status().refused == 20


# --- lag, and faults ----------------------------------------------------------------------------


@on_asyncio
async def test_how_far_behind_it_is_can_be_asked_at_any_time(server: Server, dsn: str) -> None:
    now_ms = int(time.time() * 1000)
    log = MemoryLog(entry(number, 1, at_ms=now_ms - 60_000) for number in (1, 2, 3))
    async with open_pool(dsn) as pool:
        with server.stopped():
            async with draining(log, pool) as drained:
                said = await drained.until_said("unreachable")
                assert (said.entries_behind, said.drained_seq) == (3, 0)
                assert 60 <= said.seconds_behind < 60 + 2 * PATIENCE_S
                drained.drain.stirred(log.append(entry(4, 1)))
                assert drained.drain.status().entries_behind == 4
        drained = await drain_all(log, pool)
        status = drained.drain.status()
    assert (status.entries_behind, status.seconds_behind, status.reason) == (0, 0.0, "")


@on_asyncio
async def test_missing_tables_are_waited_for(empty_dsn: str) -> None:
    async with open_pool(empty_dsn) as pool, draining(MemoryLog([entry(1, 1)]), pool) as drained:
        await drained.until_said("no_schema")
        await migrate(pool)
        await drained.until(1)
        await drained.until_well()


@on_asyncio
async def test_a_fault_of_the_log_is_named_and_outlived(dsn: str) -> None:
    class Faulty(MemoryLog):
        mended = False

        def read_after(self, seq: int, limit: int) -> list[Numbered]:
            if not self.mended:
                raise OSError("of the disk, at /some/where")
            return super().read_after(seq, limit)

    log = Faulty([entry(1, 1)])
    async with open_pool(dsn) as pool, draining(log, pool) as drained:
        assert (await drained.until_said("fault")).reason == "fault: OSError"
        log.mended = True
        await drained.until(1)


@on_asyncio
async def test_a_log_that_cannot_keep_its_mark_is_drained_all_the_same(dsn: str) -> None:
    class Full(MemoryLog):
        def drained(self, _: int) -> None:
            raise OSError("no space left")

    log = Full(entry(number, 1) for number in range(1, 2 * drain.BATCH_ROWS))
    async with open_pool(dsn) as pool, draining(log, pool) as drained:
        await drained.until(log.stored_seq)
        assert (await drained.until_said("fault")).reason == "fault: OSError"


@on_asyncio
async def test_a_lock_that_is_held_delays_and_loses_nothing(dsn: str) -> None:
    log = MemoryLog(entry(number, 1) for number in range(1, 50))
    async with open_pool(dsn) as pool, draining(log, pool) as drained:
        await drained.until(49)
        async with pool.acquire() as other:
            turn = other.transaction()
            await turn.start()
            await other.execute("LOCK TABLE alerts")
            drained.drain.stirred(log.append(entry(50, 1)))
            await drained.until_said("no_answer")
            await turn.rollback()
        await drained.until(50)
        assert await events(pool) == list(range(1, 51))


class OwnServer(Server):
    """A server of one test's own, to be killed."""

    def kill(self) -> None:
        """As the kernel would for want of memory: all at once, nothing is written."""
        pid = int((self._data_dir / "cluster" / "postmaster.pid").read_text().splitlines()[0])
        postmaster = psutil.Process(pid)
        for process in (postmaster, *postmaster.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                process.send_signal(signal.SIGKILL)


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    data_dir = Path(tempfile.mkdtemp(prefix="cuadrante-drain-"))
    server = OwnServer(data_dir)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(data_dir, ignore_errors=True)


@on_asyncio
async def test_killed_and_frozen_servers_lose_and_double_nothing(own_server: OwnServer) -> None:
    """Entries are stored all the while; each fault strikes in the middle of a batch."""
    log = MemoryLog()

    def store(count: int) -> int:
        for _ in range(count):
            log.append(entry(log.stored_seq % 300, 1 + log.stored_seq // 300))
        drained.drain.stirred(log.stored_seq)
        return log.stored_seq

    async with open_pool(own_server.dsn) as pool:
        await migrate(pool)
        async with draining(log, pool) as drained:
            for turns, fault in enumerate(("killed", "frozen") * 2):
                before = store(4_000) - 4_000
                await drained.until(before + drain.BATCH_ROWS)
                for _ in range(7 * turns):
                    await asyncio.sleep(0)
                if fault == "killed":
                    own_server.kill()
                    store(1_000)
                    await drained.until_said("un")  # unreachable, or rejected: it went away
                    own_server.stop()
                    own_server.start()
                else:
                    with own_server.frozen():
                        store(1_000)
                        await drained.until_said("no_answer")
                assert drained.drain.status().entries_behind > 0
                await drained.until(log.stored_seq)
        assert await events(pool) == list(range(1, log.stored_seq + 1))
        clean = MemoryLog(entry for _, entry in log.entries)
        interrupted_tables = await tables(pool)
        await execute(own_server.dsn, EMPTY)
        await drain_all(clean, pool)
        assert await tables(pool) == interrupted_tables

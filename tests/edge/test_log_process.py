"""The core's end of its log: numbers at once, what became of each, and a process that may die."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest
from structlog.testing import capture_logs

from dispatch.core.entry import Entry
from dispatch.edge import log_process
from dispatch.edge.log_process import LogProcess
from dispatch.journal import log_child
from dispatch.journal.faults import CannotOpen, Failure, NotStored, Reason
from dispatch.journal.files import lock
from dispatch.journal.local_log import LocalLog
from dispatch.journal.log_child import start_log
from dispatch.journal.status import Condition
from tests.edge.town import PATIENCE_S, on_uvloop
from tests.journal.samples import Owner, entry, overwrite

BIG = b"\xc5\x0b\xb8" + b"s" * 3_000  # msgpack: 3,000 bytes


async def until(is_so: Callable[[], bool]) -> None:
    """Look until it is so, with a bound."""
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - a process makes it so
            await asyncio.sleep(0.002)


class Core:
    """A log that is kept by a process, and what was heard of it."""

    def __init__(self, path: Path) -> None:
        self.stored_seq = 0
        self.failures: list[Failure] = []
        self.child = start_log(path)
        self.log = LogProcess(path, self.child)
        self.log.on_stored = self._stored
        self.log.on_failed = self.failures.append

    def _stored(self, seq: int) -> None:
        assert seq > self.stored_seq
        self.stored_seq = seq

    async def store(self, *entries: Entry) -> int:
        """Append these, and wait until they are stored."""
        seq = self.log.append(entries)
        await until(lambda: self.stored_seq >= seq)
        return seq

    async def stop(self) -> None:
        """Have the first process stand still: it answers nothing from here on."""
        os.kill(self.child.process.pid, signal.SIGSTOP)
        stopped = psutil.Process(self.child.process.pid)
        await until(lambda: stopped.status() == psutil.STATUS_STOPPED)

    def signal(self, number: signal.Signals) -> None:
        """Signal the first process."""
        os.kill(self.child.process.pid, number)

    def why_not(self) -> Reason:
        """Why nothing is taken in now."""
        with pytest.raises(NotStored) as refused:
            self.log.append([entry()])
        return refused.value.reason

    def how(self) -> tuple[Condition, Reason | None, int]:
        state = self.log.state()
        return state.condition, state.reason, state.waiting


@asynccontextmanager
async def opened(path: Path, *, is_kept: bool = False) -> AsyncIterator[Core]:
    """A core whose log is open; one that `is_kept` has another process when one ends."""
    core = Core(path)
    try:
        await core.log.open()
        running = asyncio.create_task(core.log.run() if is_kept else asyncio.sleep(0))
        yield core
        running.cancel()
        await asyncio.wait([running])
    finally:
        await core.log.close()


def stored(path: Path) -> list[int]:
    """The numbers in a file that nobody writes any more."""
    with Owner(path) as owner:
        return [seq for seq, _ in owner.log.read_after(0, 1_000)]


@on_uvloop
async def test_numbers_are_given_at_once_and_stored_is_told_after(tmp_path: Path) -> None:
    async with opened(tmp_path / "journal.sqlite") as core:
        assert core.log.append([]) == 0
        assert core.log.append([entry(version=1), entry(version=2)]) == 2
        assert core.log.append([entry(version=3)]) == 3
        assert core.log.append([]) == 3
        assert core.stored_seq == 0
        assert core.log.state().waiting == 3
        await until(lambda: core.stored_seq == 3)
        assert core.how() == (Condition.HEALTHY, None, 0)
        lines = await core.log.read(lambda reader: reader.read_after(0, 10))
        assert [(seq, each.version) for seq, each in lines] == [(1, 1), (2, 2), (3, 3)]
        assert core.failures == []


@on_uvloop
async def test_what_postgresql_has_is_remembered(tmp_path: Path) -> None:
    async with opened(tmp_path / "journal.sqlite") as core:
        await core.store(entry(version=1), entry(version=2))
        core.log.drained(1)
        await core.store(entry(version=3))
        await until(lambda: core.log.drained_seq == 1)
        log_id = core.log.log_id
    async with opened(tmp_path / "journal.sqlite") as core:
        assert (core.log.log_id, core.log.drained_seq) == (log_id, 1)
        assert core.log.append([]) == 3


@on_uvloop
async def test_what_a_process_that_was_killed_had_not_answered_has_failed(tmp_path: Path) -> None:
    async with opened(tmp_path / "journal.sqlite") as core:
        await core.store(entry())
        await core.stop()
        core.log.append([entry(), entry()])
        assert core.log.append([entry()]) == 4
        core.signal(signal.SIGKILL)
        await until(lambda: core.failures != [])
        assert core.failures == [Failure(Reason.ENDED, 2, 4)]
        assert core.how() == (Condition.FAILING, Reason.ENDED, 0)
        assert core.why_not() is Reason.NOT_OPEN
        core.log.drained(1)  # and nobody notes it
        assert core.stored_seq == 1


@on_uvloop
async def test_another_process_goes_on_above_all_numbers(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with opened(path, is_kept=True) as core:
        await core.store(entry())
        log_id = core.log.log_id
        await core.stop()
        core.log.append([entry(), entry()])
        core.signal(signal.SIGKILL)
        await until(lambda: core.failures != [])
        await until(lambda: core.log.state().condition is Condition.HEALTHY)
        assert core.log.log_id == log_id
        assert await core.store(entry()) == 4
        assert core.failures == [Failure(Reason.ENDED, 2, 3)]
    assert stored(path) == [1, 4]


@on_uvloop
async def test_whatever_a_process_stored_is_in_the_file_that_the_next_one_has(
    tmp_path: Path,
) -> None:
    path = tmp_path / "journal.sqlite"
    async with opened(path, is_kept=True) as core:
        for _ in range(300):
            core.log.append([entry(state=BIG)])
        await until(lambda: core.stored_seq > 0)
        core.signal(signal.SIGKILL)
        await until(lambda: core.log.state().reason is Reason.ENDED)
        said = core.stored_seq
        for failure in core.failures:
            assert (failure.first_seq, failure.last_seq) == (said + 1, 300)
        await until(lambda: core.log.state().condition is Condition.HEALTHY)
        assert await core.store(entry()) == 301
    assert set(range(1, said + 1)) | {301} <= set(stored(path))


@on_uvloop
async def test_a_process_that_does_not_answer_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_process, "STALLED_AFTER_S", 0.0)
    async with opened(tmp_path / "journal.sqlite") as core:
        await core.stop()
        assert core.how() == (Condition.HEALTHY, None, 0)
        core.log.append([entry()])
        await until(lambda: core.how() == (Condition.STALLED, None, 1))
        core.signal(signal.SIGCONT)
        await until(lambda: core.stored_seq == 1)
        assert core.how() == (Condition.HEALTHY, None, 0)


@pytest.mark.parametrize(
    ("bound", "most"), [("WAITING_ENTRIES_MAX", 5), ("WAITING_BYTES_MAX", 5 * 700)]
)
def test_what_finds_no_room_is_refused_by_name_and_takes_no_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bound: str, most: int
) -> None:
    monkeypatch.setattr(log_process, bound, most)
    big = Entry("signal", 1, state=b"s" * 500)

    @on_uvloop
    async def tried() -> None:
        async with opened(tmp_path / "journal.sqlite") as core:
            await core.stop()
            assert core.log.append([big, big]) == 2
            for number in range(3, 6):
                assert core.log.append([big]) == number
            with pytest.raises(NotStored) as refused:
                core.log.append([big])
            assert refused.value.reason is Reason.QUEUE_FULL
            assert core.log.append([]) == 5
            core.signal(signal.SIGCONT)
            await until(lambda: core.stored_seq == 5)
            assert await core.store(big) == 6
            assert core.failures == []

    tried()


@on_uvloop
async def test_an_entry_that_cannot_be_said_is_refused_and_takes_no_number(tmp_path: Path) -> None:
    async with opened(tmp_path / "journal.sqlite") as core:
        with pytest.raises(NotStored) as refused:
            core.log.append([entry(reason="\ud800")])
        assert refused.value.reason is Reason.BAD_ENTRY
        assert core.how() == (Condition.HEALTHY, None, 0)
        assert await core.store(entry()) == 1


@on_uvloop
async def test_what_is_closed_has_stored_what_waited(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    async with opened(path) as core:
        for version in range(1, 301):  # more than a socket takes at once
            core.log.append([entry(version=version, state=BIG)])
        closing = asyncio.create_task(core.log.close())
        await asyncio.sleep(0)
        core.log.drained(1)  # somebody who has not heard yet
        core.log.compact(1)
        assert core.why_not() is Reason.CLOSED
        assert await closing
        assert core.stored_seq == 300
        assert core.failures == []
        assert core.child.process.returncode is not None
        assert core.how() == (Condition.CLOSED, Reason.CLOSED, 0)
        assert await core.log.close()
    assert stored(path) == list(range(1, 301))


@on_uvloop
async def test_a_process_that_does_not_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_process, "ENDED_AFTER_S", 0.05)
    path = tmp_path / "journal.sqlite"
    async with opened(path) as core:
        await core.stop()
        core.log.append([entry()])
        assert not await core.log.close()
        await until(lambda: core.failures != [])
        assert core.failures == [Failure(Reason.CLOSED, 1, 1)]
        assert core.child.process.wait(PATIENCE_S) == -signal.SIGKILL
        assert core.how() == (Condition.CLOSED, Reason.CLOSED, 0)
    os.close(lock(path))


@on_uvloop
async def test_a_process_that_was_never_talked_with_ends_too(tmp_path: Path) -> None:
    core = Core(tmp_path / "journal.sqlite")
    assert await core.log.close()
    assert core.child.process.wait(PATIENCE_S) is not None
    assert core.child.ours.fileno() == -1


@on_uvloop
async def test_a_log_that_is_in_use_cannot_be_opened(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    log = LocalLog(path, call_back=print, on_stored=print, on_failed=print)
    core = Core(path)
    with pytest.raises(CannotOpen, match="open in another process"):
        await core.log.open()
    assert core.why_not() is Reason.NOT_OPEN
    assert core.child.process.returncode is not None
    await core.log.close()
    log.close()


@on_uvloop
async def test_damage_found_while_reading_is_salvaged_and_told(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with Owner(path) as owner:
        owner.store(*[entry(f"a{number}", number, state=BIG) for number in range(9)])
    overwrite(path, path.read_bytes().index(BIG) + 100, b"t")
    async with opened(path) as core:
        states = await core.log.read(lambda reader: reader.newest_states(None))
        assert len(states) == 8
        assert (tmp_path / "journal-1.sqlite").exists()
        [failure] = core.failures
        assert (failure.reason, failure.first_seq) == (Reason.LOST, failure.last_seq)
        assert await core.store(entry()) == 10
        assert core.how() == (Condition.HEALTHY, None, 0)
    assert stored(path) == [seq for seq in range(1, 11) if seq != failure.first_seq]


@on_uvloop
async def test_without_a_disk_nothing_is_taken_until_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "folder").touch()
    async with opened(tmp_path / "folder" / "journal.sqlite") as core:
        assert core.how() == (Condition.FAILING, Reason.NO_ACCESS, 0)
        assert core.log.log_id == ""
        assert core.why_not() is Reason.NOT_OPEN
        (tmp_path / "folder").unlink()
        await until(lambda: core.log.log_id != "")
        assert await core.store(entry()) == 1


@on_uvloop
async def test_a_program_that_ends_at_once_is_a_log_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_child, "COMMAND", (sys.executable, "-c", ""))
    async with opened(tmp_path / "journal.sqlite") as core:
        assert core.how() == (Condition.FAILING, Reason.ENDED, 0)
        assert core.why_not() is Reason.NOT_OPEN


WITH_A_BUG = """
from dispatch.journal import log_program
from dispatch.journal.writer import Writer
commit = Writer._commit
def with_a_bug(self, appends):
    if any(each.alert_id == "unlucky" for append in appends for each in append.entries):
        raise AssertionError("a bug")
    commit(self, appends)
Writer._commit = with_a_bug
log_program.main()
"""


def test_a_bug_of_the_writer_ends_its_process_and_another_one_stores(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_process, "RETRY_FIRST_S", 0.01)
    monkeypatch.setattr(log_child, "COMMAND", (sys.executable, "-c", WITH_A_BUG))

    @on_uvloop
    async def tried() -> None:
        async with opened(tmp_path / "journal.sqlite", is_kept=True) as core:
            await core.store(entry())
            with capture_logs() as said:
                core.log.append([entry("unlucky")])
                await until(lambda: bool(core.failures))
                await until(lambda: any(line["event"] == "log_restarted" for line in said))
                await until(lambda: core.log.state().condition is Condition.HEALTHY)
            assert await core.store(entry()) == 3
        assert [(each.first_seq, each.last_seq) for each in core.failures] == [(2, 2)]

    tried()


def tries(said: list[dict[str, object]]) -> int:
    """How often another process could not be started."""
    return sum(
        line["event"] == "log_not_started" and "FileNotFoundError" in str(line["reason"])
        for line in said
    )


def test_a_program_that_is_not_there_is_tried_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_process, "RETRY_FIRST_S", 0.01)
    monkeypatch.setattr(log_process, "RETRY_LAST_S", 0.02)
    path = tmp_path / "journal.sqlite"

    @on_uvloop
    async def tried() -> None:
        with monkeypatch.context() as away, capture_logs() as said:
            away.setattr(log_child, "COMMAND", (str(tmp_path / "nothing"),))
            log = LogProcess(path)
            with pytest.raises(FileNotFoundError):
                await log.open()
            running = asyncio.create_task(log.run())
            await until(lambda: tries(said) >= 2)
            assert log.state().condition is Condition.FAILING
            away.undo()
            await until(lambda: log.state().condition is Condition.HEALTHY)
        stored_seqs: list[int] = []
        log.on_stored = stored_seqs.append
        assert log.append([entry()]) == 1
        await until(lambda: stored_seqs == [1])
        running.cancel()
        await asyncio.wait([running])
        assert await log.close()

    tried()


def test_a_program_that_is_away_when_the_process_dies_is_tried_until_it_is_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_process, "RETRY_FIRST_S", 0.01)
    monkeypatch.setattr(log_process, "RETRY_LAST_S", 0.02)

    @on_uvloop
    async def tried() -> None:
        async with opened(tmp_path / "journal.sqlite", is_kept=True) as core:
            await core.store(entry())
            with monkeypatch.context() as away, capture_logs() as said:
                away.setattr(log_child, "COMMAND", (str(tmp_path / "nothing"),))
                core.signal(signal.SIGKILL)
                await until(lambda: tries(said) >= 2)
                assert core.how() == (Condition.FAILING, Reason.ENDED, 0)
            await until(lambda: core.log.state().condition is Condition.HEALTHY)
            assert await core.store(entry()) == 2

    tried()

"""The thread's loop, run here without a thread: what waits in the queue is served until `Close`."""

import sqlite3
import threading
from pathlib import Path
from queue import SimpleQueue

import pytest

from dispatch.core.entry import Entry
from dispatch.journal import writer as writing
from dispatch.journal.faults import Failure, InUse, Reason
from dispatch.journal.status import Condition
from dispatch.journal.storage import Storage
from dispatch.journal.work import Append, Close, Compact, MoveOn, Note, Work
from dispatch.journal.writer import Writer
from tests.journal.samples import entry


class Desk:
    """A writer, its queue, and what it told."""

    def __init__(self, path: Path, max_bytes: int = 2**30) -> None:
        self.queue: SimpleQueue[Work] = SimpleQueue()
        self.told: list[int | Failure] = []
        self.storage = Storage(path, max_bytes)
        self.writer = Writer(self.storage, self.queue, self.told.append, self.told.append)
        self.last_seq = 0

    def append(self, *entries: Entry) -> None:
        self.queue.put(Append(self.last_seq + 1, entries, 100))
        self.last_seq += len(entries)

    def run(self) -> None:
        self.queue.put(Close())
        self.writer.ending.set()  # nothing here waits for back-off
        self.writer.run()


@pytest.fixture
def desk(path: Path) -> Desk:
    desk = Desk(path)
    desk.writer.open()
    return desk


def stored(path: Path) -> dict[int, Entry]:
    storage = Storage(path, 2**30)
    storage.make_ready()
    rows = storage.writer.execute("SELECT seq, version FROM log ORDER BY seq").fetchall()
    storage.close()
    return dict(rows)


def test_what_waits_is_told_at_once_and_in_order(desk: Desk, path: Path):
    desk.append(entry(version=1), entry(version=2))
    desk.append(entry(version=3))
    desk.queue.put(Note("boot_id", "b"))
    desk.run()
    assert desk.told == [3]
    assert desk.writer.state.condition is Condition.CLOSED
    assert desk.writer.settled == 3
    assert desk.writer.settled_bytes == 200
    assert stored(path) == {1: 1, 2: 2, 3: 3}


def test_an_entry_that_cannot_be_written_fails_alone(desk: Desk, path: Path):
    desk.append(entry(version=1))
    desk.append(entry(version=2, took_ms=2**70))
    desk.append(entry(version=3, reason="\ud800"))
    desk.append(entry(version=4, took_ms="soon"))
    desk.append(entry(version=5))
    desk.run()
    told = [each if isinstance(each, int) else (each.reason, each.first_seq) for each in desk.told]
    bad = Reason.BAD_ENTRY
    assert told == [1, (bad, 2), (bad, 3), (bad, 4), 5]
    assert stored(path) == {1: 1, 5: 5}


def test_a_full_log_fails_what_waits_and_nothing_else(path: Path):
    desk = Desk(path, max_bytes=2**18)
    desk.writer.open()
    desk.append(entry(state=b"s" * 2**20))
    desk.writer._serve()
    assert desk.writer.state.condition is Condition.FAILING
    assert desk.writer.state.reason is Reason.LOG_FULL
    desk.append(entry(version=2))
    desk.run()
    failure = desk.told[0]
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.first_seq, failure.last_seq) == (Reason.LOG_FULL, 1, 1)
    assert desk.told[1:] == [2]
    assert stored(path) == {2: 2}


def test_gaps_are_noted_in_the_file_joined(desk: Desk, path: Path):
    desk.writer._fail([Append(1, (entry(),), 1)], Reason.DISK_FULL, "")
    desk.writer._fail([Append(2, (entry(), entry()), 1)], Reason.DISK_FULL, "")
    desk.writer._fail([Append(4, (entry(),), 1)], Reason.SYNC_FAILED, "")
    desk.last_seq = 4
    desk.append(entry(version=5))
    desk.run()
    connection = sqlite3.connect(path)
    gaps = connection.execute("SELECT first_seq, last_seq, reason FROM unconfirmed").fetchall()
    connection.close()
    assert gaps == [(1, 3, "disk_full"), (4, 4, "sync_failed")]


def test_a_bad_entry_is_noted_though_nothing_follows(desk: Desk, path: Path):
    desk.append(entry(took_ms="soon"))
    desk.run()
    assert desk.storage.head.last_seq == 1
    connection = sqlite3.connect(path)
    gaps = connection.execute("SELECT first_seq, last_seq, reason FROM unconfirmed").fetchall()
    connection.close()
    assert gaps == [(1, 1, "bad_entry")]


def test_gaps_are_bounded(desk: Desk):
    for seq in range(2 * writing.GAPS_MAX):
        reason = (Reason.DISK_FULL, Reason.SYNC_FAILED)[seq % 2]
        desk.writer._fail([Append(seq, (entry(),), 1)], reason, "")
    assert len(desk.writer._gaps) == writing.GAPS_MAX
    assert desk.writer._gaps[-1][1] == 2 * writing.GAPS_MAX - 1
    desk.run()


def test_a_condemned_file_is_left_for_a_fresh_one(desk: Desk, path: Path):
    done = threading.Event()
    desk.append(entry(version=1))
    desk.queue.put(MoveOn(path.name, Reason.CORRUPT, done))
    desk.append(entry(version=2))
    desk.run()
    assert done.is_set()
    assert desk.told == [1, 2]
    assert desk.storage.path.name == "journal-1.sqlite"
    assert stored(path) == {1: 1, 2: 2}


def test_compaction_goes_on_while_entries_come(desk: Desk, path: Path):
    desk.append(*[entry(None) for _ in range(1_000)])
    desk.queue.put(Note("drained_seq", "1000"))
    desk.queue.put(Compact(0))
    desk.append(entry(version=1))
    desk.writer._serve()
    while desk.writer.housekeeping.has_work:
        desk.writer._serve()
    desk.run()
    assert list(stored(path)) == [1001]


def test_a_folder_that_cannot_be_written_is_a_state_until_it_can(tmp_path: Path):
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    desk = Desk(blocked / "journal.sqlite")
    desk.writer.open()
    assert desk.writer.state.condition is Condition.FAILING
    assert not desk.storage.is_open
    assert desk.writer._is_worth_trying()
    blocked.unlink()
    desk.writer.ending.set()
    desk.writer._serve()
    assert desk.writer.state.condition is Condition.HEALTHY
    assert desk.storage.is_open
    desk.run()


def test_a_log_in_use_is_refused(desk: Desk, path: Path):
    with pytest.raises(InUse):
        Desk(path).writer.open()
    desk.run()


def test_our_own_bug_ends_the_thread_and_nobody_waits_for_it(desk: Desk):
    desk.append(entry())
    done = threading.Event()
    desk.queue.put(Append(2, None, 0))  # type: ignore[arg-type]
    desk.queue.put(MoveOn("other", Reason.CORRUPT, done))
    with pytest.raises(TypeError):
        desk.writer.run()
    assert desk.writer.state.reason is Reason.BUG
    assert not [told for told in desk.told if isinstance(told, int)]

import errno
import sqlite3
from pathlib import Path

import pytest

from dispatch.journal.faults import Damaged, InUse, NewerFormat, Reason
from dispatch.journal.lines import line_of
from dispatch.journal.opening import TooManyFiles
from dispatch.journal.storage import Storage
from tests.journal.samples import entry


def opened(path: Path, max_bytes: int = 2**30) -> Storage:
    storage = Storage(path, max_bytes)
    assert storage.make_ready() == []
    return storage


def with_code(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("made up")
    error.sqlite_errorcode = code
    return error


def fill(storage: Storage) -> None:
    for seq in range(1, 3_000):
        storage.commit([line_of(seq, entry(state=b"s" * 1_000))], {}, [])


def numbers(storage: Storage) -> list[int]:
    return [seq for (seq,) in storage.writer.execute("SELECT seq FROM log ORDER BY seq")]


def test_what_is_committed_is_known(path: Path):
    storage = opened(path)
    storage.commit([line_of(1, entry()), line_of(2, entry())], {"drained_seq": "1"}, [])
    assert (storage.head.last_seq, storage.head.drained_seq) == (2, 1)
    storage.given_up(5)
    storage.commit([line_of(6, entry())], {}, [(3, 5, "disk_full", 0)])
    storage.close()
    storage = opened(path)
    assert numbers(storage) == [1, 2, 6]
    assert storage.head.last_seq == 6
    storage.close()


def test_one_storage_a_log(path: Path):
    storage = opened(path)
    with pytest.raises(InUse):
        Storage(path, 2**30).make_ready()
    storage.close()
    opened(path).close()


def test_a_file_that_failed_to_sync_is_never_written_again(path: Path):
    storage = opened(path)
    storage.commit([line_of(1, entry())], {}, [])
    storage.writer.execute("BEGIN IMMEDIATE")
    assert storage.fault(with_code(sqlite3.SQLITE_IOERR_FSYNC))[0] is Reason.SYNC_FAILED
    assert not storage.is_ready
    wal = path.with_name("journal.sqlite-wal").read_bytes()
    assert storage.make_ready() == []
    assert storage.path.name == "journal-1.sqlite"
    storage.commit([line_of(2, entry())], {}, [])
    assert numbers(storage) == [1, 2]
    assert path.with_name("journal.sqlite-wal").read_bytes() == wal
    assert [salvage.source for salvage in storage.salvages] == [path]
    storage.close()


def test_a_full_disk_leaves_the_file_as_it_is(path: Path):
    storage = opened(path)
    storage.writer.execute("BEGIN IMMEDIATE")
    storage.fault(with_code(sqlite3.SQLITE_FULL))
    assert storage.is_ready
    storage.commit([line_of(1, entry())], {}, [])
    assert storage.path == path
    storage.close()


def test_a_log_at_its_bound_says_so_and_has_room_once_it_was_emptied(path: Path):
    storage = opened(path, 2**18)
    assert storage.has_room()
    with pytest.raises(sqlite3.OperationalError, match="full") as caught:
        storage.commit([line_of(1, entry(state=b"s" * 2**20))], {}, [])
    assert storage.fault(caught.value)[0] is Reason.LOG_FULL
    with pytest.raises(sqlite3.OperationalError, match="full") as caught:
        fill(storage)
    storage.fault(caught.value)
    assert not storage.has_room()
    storage.writer.execute("DELETE FROM log")
    assert storage.has_room()
    storage.close()


def test_a_file_that_is_only_locked_is_opened_again(path: Path):
    storage = opened(path)
    assert storage.fault(with_code(sqlite3.SQLITE_BUSY))[0] is Reason.BUSY
    assert not storage.is_ready
    storage.make_ready()
    assert storage.path == path
    storage.close()


def test_where_the_cure_fails_it_is_still_needed(path: Path):
    storage = opened(path)
    storage.fault(with_code(sqlite3.SQLITE_IOERR_FSYNC))
    assert storage.fault(OSError(errno.EACCES, "made up"))[0] is Reason.NO_ACCESS
    assert storage.fault(TooManyFiles("made up"))[0] is Reason.TOO_MANY_FILES
    storage.make_ready()
    assert storage.path.name == "journal-1.sqlite"
    storage.close()


def test_a_reader_may_condemn_the_file_but_only_once(path: Path):
    storage = opened(path)
    assert storage.found_damaged(path.name, Reason.CORRUPT)
    storage.make_ready()
    assert not storage.found_damaged(path.name, Reason.CORRUPT)
    assert storage.path.name == "journal-1.sqlite"
    storage.close()


def test_what_was_lost_is_returned(path: Path):
    storage = opened(path)
    storage.commit([line_of(seq, entry()) for seq in (1, 2, 3)], {}, [])
    storage.writer.execute("UPDATE log SET at_ms = 0 WHERE seq = 2")
    storage.fault(Damaged("made up"))
    losses = storage.make_ready()
    assert [(loss.reason, loss.first_seq, loss.last_seq) for loss in losses] == [
        (Reason.LOST, 2, 2)
    ]
    assert numbers(storage) == [1, 3]
    assert storage.head.last_seq == 3
    storage.close()


def test_a_file_of_a_newer_release_found_later(path: Path):
    opened(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 9")
    connection.close()
    storage = Storage(path, 2**30)
    with pytest.raises(NewerFormat) as caught:
        storage.make_ready()
    assert storage.fault(caught.value)[0] is Reason.NO_ACCESS
    storage.close()

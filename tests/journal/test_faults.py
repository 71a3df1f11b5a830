import errno
import sqlite3

import pytest

from dispatch.journal.faults import Cure, Damaged, NotStored, Reason, diagnose


def with_code(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("made up")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "reason", "cure"),
    [
        (sqlite3.SQLITE_FULL, Reason.DISK_FULL, Cure.NONE),
        (sqlite3.SQLITE_IOERR_FSYNC, Reason.SYNC_FAILED, Cure.NEW_FILE),
        (sqlite3.SQLITE_IOERR_WRITE, Reason.WRITE_FAILED, Cure.NEW_FILE),
        (sqlite3.SQLITE_IOERR_READ, Reason.READ_FAILED, Cure.NEW_FILE),
        (sqlite3.SQLITE_IOERR_SHMSIZE, Reason.DISK_FULL, Cure.REOPEN),
        (sqlite3.SQLITE_IOERR_LOCK, Reason.READ_FAILED, Cure.REOPEN),
        (sqlite3.SQLITE_CORRUPT, Reason.CORRUPT, Cure.NEW_FILE),
        (sqlite3.SQLITE_CORRUPT_INDEX, Reason.CORRUPT, Cure.NEW_FILE),
        (sqlite3.SQLITE_NOTADB, Reason.CORRUPT, Cure.NEW_FILE),
        (sqlite3.SQLITE_READONLY_DBMOVED, Reason.NO_ACCESS, Cure.REOPEN),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, Reason.BUSY, Cure.REOPEN),
        (sqlite3.SQLITE_NOMEM, Reason.NO_ACCESS, Cure.REOPEN),
    ],
)
def test_codes_have_a_reason_and_a_cure(code: int, reason: Reason, cure: Cure):
    assert diagnose(with_code(code)) == (reason, cure)


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, Reason.DISK_FULL),
        (errno.EDQUOT, Reason.DISK_FULL),
        (errno.EIO, Reason.WRITE_FAILED),
        (errno.EACCES, Reason.NO_ACCESS),
    ],
)
def test_errors_of_the_system(number: int, reason: Reason):
    assert diagnose(OSError(number, "made up")) == (reason, Cure.REOPEN)


def test_our_own_checks_ask_for_a_new_file():
    assert diagnose(Damaged("checksum")) == (Reason.CORRUPT, Cure.NEW_FILE)


def test_an_error_without_a_code():
    assert diagnose(sqlite3.ProgrammingError("closed")) == (Reason.NO_ACCESS, Cure.REOPEN)


def test_a_refusal_has_its_reason():
    assert NotStored(Reason.QUEUE_FULL).reason is Reason.QUEUE_FULL

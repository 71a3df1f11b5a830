"""What can go wrong with the log on the disk, sorted by what cures it.

The cure matters more than the name. After a failed fsync Linux marks the pages that it could not
write as clean: the next fsync of that file may return success without having written them
(PostgreSQL's "fsyncgate" of 2018; Rebello et al., "Can Applications Recover from fsync Failures?",
USENIX ATC 2020). So nothing is ever written again to a file that failed to write, to sync or to
read: what can be read of it goes into a fresh file, and the log goes on there.
"""

import sqlite3
from enum import StrEnum
from typing import Final

import msgspec


class Reason(StrEnum):
    """Why entries are not on the disk."""

    DISK_FULL = "disk_full"
    LOG_FULL = "log_full"
    """The log reached its own bound: PostgreSQL has not taken anything for long."""
    SYNC_FAILED = "sync_failed"
    WRITE_FAILED = "write_failed"
    READ_FAILED = "read_failed"
    CORRUPT = "corrupt"
    NO_ACCESS = "no_access"
    """The file or folder cannot be opened or written by this user, or is mounted read-only."""
    BUSY = "busy"
    """Another program holds the file."""
    TOO_MANY_FILES = "too_many_files"
    """So many damaged files lie beside the log that no further one is begun."""
    LOST = "lost"
    """These had been stored; the file was damaged since, and they could not be read back."""
    BAD_ENTRY = "bad_entry"
    """The entry itself cannot be written: our own bug. Others are not held up by it."""
    QUEUE_FULL = "queue_full"
    NOT_OPEN = "not_open"
    """The file could not be opened yet; it is tried again and again."""
    CLOSED = "closed"
    ENDED = "ended"
    """The log's process is gone; another follows, and goes on from what is on the disk."""
    BUG = "bug"


class Cure(StrEnum):
    """What must happen before the next attempt."""

    NONE = "none"
    """The file is sound: nothing was written."""
    REOPEN = "reopen"
    NEW_FILE = "new_file"


class Failure(msgspec.Struct, frozen=True, tag="failed"):
    """The entries from `first_seq` to `last_seq` will never be said to be stored.

    Whoever appended them appends what their alerts and devices have become meanwhile. A later start
    may find them all the same: the disk may have taken what it said it had not.
    """

    reason: Reason
    first_seq: int
    last_seq: int
    detail: str = ""


class NotStored(Exception):  # noqa: N818 - an answer to whoever appends, named as such
    """`append` took nothing: no number was given, nothing will be stored."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class CannotOpen(Exception):  # noqa: N818
    """This file is not ours to write; the text says what to do. Nothing was changed."""


class InUse(CannotOpen):
    """Another process has the log open."""


class NewerFormat(CannotOpen):
    """A newer release wrote the file."""


class OlderFormat(CannotOpen):
    """An older release wrote the file, and this one has not opened it to write yet."""


class ForeignFile(CannotOpen):
    """The file is a SQLite database, but not a journal."""


class Damaged(sqlite3.DatabaseError):
    """The file does not hold what was written to it."""


_BY_CODE: Final = {
    sqlite3.SQLITE_FULL: (Reason.DISK_FULL, Cure.NONE),
    sqlite3.SQLITE_IOERR_FSYNC: (Reason.SYNC_FAILED, Cure.NEW_FILE),
    sqlite3.SQLITE_IOERR_DIR_FSYNC: (Reason.SYNC_FAILED, Cure.NEW_FILE),
    sqlite3.SQLITE_IOERR_WRITE: (Reason.WRITE_FAILED, Cure.NEW_FILE),
    sqlite3.SQLITE_IOERR_TRUNCATE: (Reason.WRITE_FAILED, Cure.NEW_FILE),
    sqlite3.SQLITE_IOERR_READ: (Reason.READ_FAILED, Cure.NEW_FILE),
    sqlite3.SQLITE_IOERR_SHORT_READ: (Reason.READ_FAILED, Cure.NEW_FILE),
    sqlite3.SQLITE_IOERR_CORRUPTFS: (Reason.CORRUPT, Cure.NEW_FILE),
    sqlite3.SQLITE_CORRUPT: (Reason.CORRUPT, Cure.NEW_FILE),
    sqlite3.SQLITE_NOTADB: (Reason.CORRUPT, Cure.NEW_FILE),
    # The index of the WAL is shared memory beside the file: without room for it nothing begins.
    sqlite3.SQLITE_IOERR_SHMSIZE: (Reason.DISK_FULL, Cure.REOPEN),
    sqlite3.SQLITE_IOERR: (Reason.READ_FAILED, Cure.REOPEN),
    sqlite3.SQLITE_CANTOPEN: (Reason.NO_ACCESS, Cure.REOPEN),
    sqlite3.SQLITE_READONLY: (Reason.NO_ACCESS, Cure.REOPEN),
    sqlite3.SQLITE_PERM: (Reason.NO_ACCESS, Cure.REOPEN),
    sqlite3.SQLITE_AUTH: (Reason.NO_ACCESS, Cure.REOPEN),
    sqlite3.SQLITE_BUSY: (Reason.BUSY, Cure.REOPEN),
    sqlite3.SQLITE_LOCKED: (Reason.BUSY, Cure.REOPEN),
    sqlite3.SQLITE_PROTOCOL: (Reason.BUSY, Cure.REOPEN),
}
"""By extended result code, then by its primary one (the low byte)."""

_BY_ERRNO: Final = {
    28: (Reason.DISK_FULL, Cure.REOPEN),  # ENOSPC
    122: (Reason.DISK_FULL, Cure.REOPEN),  # EDQUOT
    5: (Reason.WRITE_FAILED, Cure.REOPEN),  # EIO, of a folder or a file that holds nothing yet
}


def diagnose(error: sqlite3.Error | OSError) -> tuple[Reason, Cure]:
    """Name an operating fault and its cure. What has no name here is taken for access denied."""
    if isinstance(error, Damaged):
        return Reason.CORRUPT, Cure.NEW_FILE
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0, (Reason.NO_ACCESS, Cure.REOPEN))
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CANTOPEN)
    unknown = (Reason.NO_ACCESS, Cure.REOPEN)
    return _BY_CODE.get(code) or _BY_CODE.get(code & 0xFF, unknown)

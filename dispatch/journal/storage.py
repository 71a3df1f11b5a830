"""The file that the log is in at the moment, and what is done with it when it fails.

Synchronous, without threads or a queue: `writer` calls it from its thread.
"""

import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from dispatch.journal.disk import free_bytes
from dispatch.journal.faults import CannotOpen, Cure, Failure, Reason, diagnose
from dispatch.journal.files import lock
from dispatch.journal.lines import Line, insert, note
from dispatch.journal.opening import TooManyFiles, move_on, open_log, open_sound
from dispatch.journal.salvage import Salvage
from dispatch.journal.schema import PAGE_BYTES, Head, OpenFile

OPERATING: Final = (sqlite3.Error, OSError, TooManyFiles, CannotOpen)
"""What the disk may do to us; everything else is a bug or a bad entry."""
ROOM_BYTES: Final = 4 * 2**20
"""A full log or disk is tried again without entries to store once it has this much room."""
SALVAGES_REMEMBERED: Final = 16

Gap = tuple[int, int, str, int]
"""First and last number that were never said to be stored, the reason, and when."""


class Storage:
    """Owns the connection that writes."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path = path
        self.head = Head()
        self.is_open = False
        """It has been open once: numbers can be given."""
        self.salvages: list[Salvage] = []
        self._log_path = path
        self._max_bytes = max_bytes
        self._room_bytes = min(ROOM_BYTES, max_bytes // 8)
        self._lock_fd = -1
        self._file: OpenFile | None = None
        self._cure = Cure.REOPEN
        self._why = Reason.NOT_OPEN

    @property
    def writer(self) -> sqlite3.Connection:
        """The connection that writes. `make_ready` has succeeded before."""
        assert self._file is not None, "made ready before"  # noqa: S101
        return self._file.writer

    @property
    def is_ready(self) -> bool:
        """Whether nothing must be cured before the next commit."""
        return self._cure is Cure.NONE

    def make_ready(self) -> list[Failure]:
        """Do what the last fault asks for. Returns what was found to be lost.

        Raises `CannotOpen` and what is `OPERATING`.
        """
        if self._cure is Cure.NONE:
            return []
        report: Salvage | None = None
        if self._lock_fd < 0:
            self._lock_fd = lock(self._log_path)
        if not self.is_open:
            self._file, self.head, report = open_log(self._log_path, self._max_bytes)
        else:
            if self._cure is Cure.NEW_FILE:
                report = move_on(self._log_path, self._why, self.head)
                self.path = report.target
                self._cure = Cure.REOPEN
            self._file, _ = open_sound(self.path, self._max_bytes)
        self.path = self._file.path
        self.is_open = True
        self._cure = Cure.NONE
        if report is None:
            return []
        self.salvages = [*self.salvages, report][-SALVAGES_REMEMBERED:]
        return report.failures()

    def commit(
        self, lines: Sequence[Line], notes: Mapping[str, str], gaps: Iterable[Gap] = ()
    ) -> None:
        """Have all of it on the disk when this returns. Raises sqlite3.Error."""
        writer = self.writer
        writer.execute("BEGIN IMMEDIATE")
        insert(writer, lines)
        note(writer, notes.items())
        writer.executemany("INSERT OR REPLACE INTO unconfirmed VALUES (?, ?, ?, ?)", gaps)
        writer.execute("COMMIT")
        if lines:
            self.head = replace(self.head, last_seq=lines[-1][0])
        if drained := notes.get("drained_seq"):
            self.head = replace(self.head, drained_seq=int(drained))

    def given_up(self, last_seq: int) -> None:
        """Note that numbers up to this one were given, whether or not they were stored."""
        self.head = replace(self.head, last_seq=last_seq)

    def fault(self, error: Exception) -> tuple[Reason, str]:
        """Undo what was begun, note the cure, and name the fault."""
        if isinstance(error, TooManyFiles):
            return Reason.TOO_MANY_FILES, str(error)
        if isinstance(error, CannotOpen):
            return Reason.NO_ACCESS, str(error)
        assert isinstance(error, sqlite3.Error | OSError), "sorted by the caller"  # noqa: S101
        reason, cure = diagnose(error)
        if not self.roll_back() and cure is Cure.NONE:
            cure = Cure.REOPEN
        if reason is Reason.DISK_FULL and self._disk_has_room():
            reason = Reason.LOG_FULL
        self._distrust(reason, cure)
        name = getattr(error, "sqlite_errorname", type(error).__name__)
        return reason, f"{name}: {error}"

    def found_damaged(self, name: str, reason: Reason) -> bool:
        """A reader could not trust the file of this name. Whether it is still the log."""
        if name == self.path.name and self.is_open:
            self._distrust(reason, Cure.NEW_FILE)
            return True
        return False

    def roll_back(self) -> bool:
        """Undo what was begun. False if even that failed."""
        try:
            if self._file is not None and self._file.writer.in_transaction:
                self._file.writer.execute("ROLLBACK")
        except sqlite3.Error:
            return False
        return True

    def has_room(self) -> bool:
        """Whether storing is worth another try after the disk or the log was full."""
        with suppress(*OPERATING):
            in_log = self._file is None or self._room_in_log() >= self._room_bytes
            return in_log and self._disk_has_room()
        return True

    def close(self) -> None:
        """Leave the file, folded if it is sound."""
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._lock_fd >= 0:
            os.close(self._lock_fd)
            self._lock_fd = -1

    def _distrust(self, reason: Reason, cure: Cure) -> None:
        if cure is Cure.NONE or self._cure is Cure.NEW_FILE:
            return  # where the cure itself fails, the same cure is still needed
        self._cure, self._why = cure, reason
        if self._file is not None:
            self._file.abandon()
            self._file = None

    def _disk_has_room(self) -> bool:
        return free_bytes(self._log_path.parent) >= ROOM_BYTES

    def _room_in_log(self) -> int:
        pages, free, at_most = (
            self.writer.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "max_page_count")
        )
        return int(at_most - pages + free) * PAGE_BYTES

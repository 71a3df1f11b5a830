"""What keeps the log small: the WAL folded into the file, lines dropped that nobody needs.

Both run in the writer's thread, in slices between commits. One connection writes and folds, on
purpose: SQLite before 3.51.3 may corrupt a file that two connections write or fold at the same
moment (the "WAL-reset" bug).
"""

import sqlite3
from typing import Final

from dispatch.journal.schema import PAGE_BYTES

FOLD_AFTER_BYTES: Final = 2**20
FOLD_AFTER_COMMITS: Final = 125
"""A commit writes at least two pages, however small its lines are."""
WAL_BYTES_MAX: Final = 64 * 2**20
"""Beyond this readers are waited for (`BUSY_S` at most), so that the WAL starts anew."""
COMPACT_SLICE: Final = 200
FREE_PAGES_KEPT: Final = 4_096
"""16 MiB for what comes next; more goes back to the disk, in slices."""
VACUUM_SLICE: Final = 32

_DROP_CLOSED: Final = """
DELETE FROM newest WHERE subject IN (SELECT subject FROM log WHERE seq > :after AND seq <= :upto)
AND seq > :after AND seq <= :upto AND NOT is_open AND at_ms < :closed_before_ms
"""
_DROP_LINES: Final = """
DELETE FROM log WHERE seq IN (
    SELECT log.seq FROM log LEFT JOIN newest USING (subject)
    WHERE log.seq > :after AND log.seq <= :upto AND newest.seq IS NOT log.seq
)
"""


class Housekeeping:
    """Asked after each commit, and when there is nothing to commit."""

    def __init__(self) -> None:
        self.wal_bytes = 0
        self._bytes = 0
        self._commits = 0
        self._compacted_to = 0
        self._closed_before_ms: int | None = None
        self._is_vacuuming = False

    @property
    def has_work(self) -> bool:
        """Whether a slice of compaction waits."""
        return self._closed_before_ms is not None or self._is_vacuuming

    def compact(self, closed_before_ms: int) -> None:
        """Begin to drop drained lines, but for the newest of what is still needed."""
        self._closed_before_ms = closed_before_ms
        self._compacted_to = 0

    def committed(self, line_bytes: int) -> None:
        """Count what goes into the WAL."""
        self._bytes += line_bytes
        self._commits += 1

    def fold_if_due(self, writer: sqlite3.Connection) -> None:
        """Copy the WAL into the file when there is enough of it. Raises sqlite3.Error."""
        if self._bytes < FOLD_AFTER_BYTES and self._commits < FOLD_AFTER_COMMITS:
            return
        self._bytes = self._commits = 0
        _, pages, _ = writer.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        self.wal_bytes = pages * PAGE_BYTES
        if self.wal_bytes > WAL_BYTES_MAX:
            writer.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()

    def slice(self, writer: sqlite3.Connection) -> None:
        """Do a little of what waits, in one transaction. Raises sqlite3.Error."""
        if self._closed_before_ms is not None:
            self._compact_slice(writer, self._closed_before_ms)
        elif self._is_vacuuming:
            self._vacuum_slice(writer)

    def _compact_slice(self, writer: sqlite3.Connection, closed_before_ms: int) -> None:
        drained_seq = int(
            writer.execute(
                "SELECT coalesce((SELECT value FROM about WHERE name = 'drained_seq'), 0)"
            ).fetchone()[0]
        )
        (upto,) = writer.execute(
            "SELECT max(seq) FROM (SELECT seq FROM log WHERE seq > ? AND seq <= ? "
            "ORDER BY seq LIMIT ?)",
            (self._compacted_to, drained_seq, COMPACT_SLICE),
        ).fetchone()
        writer.execute("BEGIN IMMEDIATE")
        if upto is not None:
            between = {
                "after": self._compacted_to,
                "upto": upto,
                "closed_before_ms": closed_before_ms,
            }
            writer.execute(_DROP_CLOSED, between)
            writer.execute(_DROP_LINES, between)
            self._compacted_to = upto
        else:
            writer.execute("DELETE FROM unconfirmed WHERE last_seq <= ?", (drained_seq,))
            self._closed_before_ms = None
            self._is_vacuuming = True
        writer.execute("COMMIT")
        self.committed(COMPACT_SLICE * PAGE_BYTES // 8)

    def _vacuum_slice(self, writer: sqlite3.Connection) -> None:
        (free_pages,) = writer.execute("PRAGMA freelist_count").fetchone()
        if free_pages <= FREE_PAGES_KEPT + VACUUM_SLICE:
            self._is_vacuuming = False
            return
        # `execute` would stop at its first step, which is one page.
        writer.executescript(f"PRAGMA incremental_vacuum({VACUUM_SLICE})")
        self.committed(VACUUM_SLICE * PAGE_BYTES)

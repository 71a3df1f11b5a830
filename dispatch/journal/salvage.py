"""What can be read of a file that is not to be trusted goes into a fresh one.

The old file is only read. What comes back from the page cache after a failed fsync may not be on
the disk, but it is what was written (each line's checksum says so), and it is on the disk once the
fresh file is synced.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from dispatch.journal.faults import Failure, Reason
from dispatch.journal.files import create_private, forget_parts, part_of, sync_folder
from dispatch.journal.lines import COLUMNS, Line, insert, is_sound, note
from dispatch.journal.schema import Head, create_tables, open_reader

BATCH: Final = 500
SEQ_SKIPPED_AFTER_LOSS: Final = 1_000_000
"""Numbers of lines that were lost must not be given again: PostgreSQL may know them."""
SEQ_MAX: Final = 2**62
PROBED_ONE_BY_ONE: Final = 1_000
_AFTER: Final = f"SELECT {COLUMNS} FROM log WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608
_UNREADABLE: Final = (sqlite3.DatabaseError, UnicodeDecodeError)


@dataclass(slots=True)
class Salvage:
    """What became of the lines of a damaged file."""

    source: Path
    target: Path
    reason: Reason
    kept: int = 0
    lost: list[tuple[int, int]] = field(default_factory=list)
    """Ranges of sequence numbers, first and last, that could not be read; the last range ends
    where the file was known to end. A range may hold numbers that had been compacted away."""
    alerts_lost: list[str] = field(default_factory=list)
    """Alerts (and devices, `device/…`) of which nothing was left, as far as the file names them."""

    def failures(self) -> list[Failure]:
        """Return the losses as those who appended the lines are told."""
        return [Failure(Reason.LOST, first, last, self.source.name) for first, last in self.lost]


def salvage(source: Path, target: Path, reason: Reason, known: Head) -> Salvage:
    """Copy what can be read of `source` into a fresh `target`, which appears whole or not at all.

    `known` is what memory knows better than the file. Raises sqlite3.Error and OSError of the
    target; those of the source are what it reports.
    """
    report = Salvage(source, target, reason)
    forget_parts(source)
    part = part_of(target)
    create_private(part)
    with (
        closing(open_reader(source)) as old,
        closing(sqlite3.connect(part, isolation_level=None)) as new,
    ):
        for pragma in ("auto_vacuum = INCREMENTAL", "journal_mode = MEMORY", "synchronous = FULL"):
            new.execute(f"PRAGMA {pragma}")
        create_tables(new)
        new.execute("BEGIN")
        lines = readable_lines(old, known.last_seq or SEQ_MAX, report.lost)
        while batch := list(islice(lines, BATCH)):
            insert(new, batch)
            report.kept += len(batch)
        _copy_notes(old, new, known, report)
        report.alerts_lost = _alerts_lost(old, new)
        new.execute("COMMIT")  # synced by SQLite: journal_mode says only where the undo log is
    part.rename(target)
    sync_folder(target.parent)
    for left in (source, source.with_name(source.name + "-wal")):
        with suppress(OSError):
            left.chmod(0o400)  # it is evidence now
    return report


def readable_lines(
    connection: sqlite3.Connection,
    last_seq: int,
    lost: list[tuple[int, int]],
    *,
    sound_only: bool = True,
) -> Iterator[Line]:
    """Yield every sound line in order, passing over pages that cannot be read.

    Adds the ranges passed over to `lost`. Each read is short, for the sake of a running writer.
    """
    after = 0
    size = BATCH
    while after < last_seq:
        try:
            lines = connection.execute(_AFTER, (after, size)).fetchall()
        except _UNREADABLE:
            if size > 1:
                size = 1  # up to the line that cannot be read
                continue
            start = _next_readable(connection, after, last_seq)
            lost.append((after + 1, min(start - 1, last_seq)))
            after, size = start - 1, BATCH
            continue
        if not lines:
            return
        for line in lines:
            if not sound_only or is_sound(line):
                yield line
            else:
                lost.append((line[0], line[0]))
        after = lines[-1][0]


def _next_readable(connection: sqlite3.Connection, after: int, last_seq: int) -> int:
    """Return the next number from which on reading works again; beyond `last_seq` if none.

    Number by number, so that a sound page between two spoilt ones is not missed; beyond that, for
    whole branches of the tree, by halves.
    """
    near = min(after + PROBED_ONE_BY_ONE, last_seq)
    for seq in range(after + 2, near + 1):  # `after + 1` has just failed
        if _reads(connection, seq):
            return seq
    unreadable, step = near, 1
    while not _reads(connection, near + step):
        unreadable = near + step
        if unreadable > last_seq:
            return last_seq + 1
        step *= 2
    readable = near + step
    while readable - unreadable > 1:
        middle = (unreadable + readable) // 2
        if _reads(connection, middle):
            readable = middle
        else:
            unreadable = middle
    return readable


def _reads(connection: sqlite3.Connection, seq: int) -> bool:
    try:
        connection.execute(_AFTER, (seq - 1, 1)).fetchone()
    except _UNREADABLE:
        return False
    return True


def _copy_notes(
    old: sqlite3.Connection, new: sqlite3.Connection, known: Head, report: Salvage
) -> None:
    about: dict[str, str] = {}
    gaps: list[tuple[int, int, str, int]] = []
    with suppress(*_UNREADABLE):
        about = dict(old.execute("SELECT name, value FROM about"))
    with suppress(*_UNREADABLE):
        gaps = old.execute("SELECT first_seq, last_seq, reason, at_ms FROM unconfirmed").fetchall()
    newest = new.execute("SELECT coalesce(max(seq), 0) FROM log").fetchone()[0]
    last_seq = max(newest, known.last_seq, int(about.get("last_seq", 0)))
    if report.lost and not known.last_seq:
        last_seq += SEQ_SKIPPED_AFTER_LOSS
    report.lost = [(first, min(last, last_seq)) for first, last in report.lost]
    about["last_seq"] = str(last_seq)
    about["salvaged_from"] = report.source.name
    about["drained_seq"] = str(max(known.drained_seq, int(about.get("drained_seq", 0))))
    if known.log_id:
        about["log_id"] = known.log_id
    note(new, about.items())
    now_ms = int(time.time() * 1000)
    lost = [(first, last, Reason.LOST.value, now_ms) for first, last in report.lost]
    new.executemany("INSERT OR REPLACE INTO unconfirmed VALUES (?, ?, ?, ?)", [*gaps, *lost])


def _alerts_lost(old: sqlite3.Connection, new: sqlite3.Connection) -> list[str]:
    kept = {subject for (subject,) in new.execute("SELECT subject FROM newest")}
    named = set()
    with suppress(*_UNREADABLE):
        for subject, *_ in old.execute("SELECT * FROM newest WHERE is_open"):
            named.add(subject)
    return sorted(named - kept)

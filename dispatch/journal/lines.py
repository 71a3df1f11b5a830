"""An entry as a line of the log, and back. A checksum covers all of a line: SQLite has none."""

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, Final, TypeAlias
from zlib import crc32

import msgspec

from dispatch.core.entry import Entry
from dispatch.journal.faults import Damaged

Line: TypeAlias = tuple[Any, ...]

COLUMNS: Final = (
    "seq, kind, at_ms, reason, device_id, alert_id, person_id, took_ms, version, is_open, "
    "state, view, crc"
)
_WIDTH: Final = COLUMNS.count(",") + 1
_TOGETHER: Final = 8
"""Lines to a statement: each statement gives up the interpreter lock and must win it back from
the event loop, which costs both of them more than the writing."""
_ONE: Final = f"({', '.join('?' * _WIDTH)})"
_INSERT: Final = f"INSERT INTO log ({COLUMNS}) VALUES "  # noqa: S608 - constants
_INSERT_ONE: Final = _INSERT + _ONE
_INSERT_TOGETHER: Final = _INSERT + ", ".join([_ONE] * _TOGETHER)
_NOTE_NEWEST: Final = """
INSERT INTO newest (subject, seq, is_open, at_ms)
SELECT subject, max(seq), is_open, at_ms FROM log
WHERE seq BETWEEN ? AND ? AND state IS NOT NULL AND subject IS NOT NULL
GROUP BY subject
ON CONFLICT (subject) DO UPDATE
SET seq = excluded.seq, is_open = excluded.is_open, at_ms = excluded.at_ms
"""
_encode: Final = msgspec.msgpack.Encoder().encode


def line_of(seq: int, entry: Entry) -> Line:
    """Return an entry as a row of `log`."""
    line = (
        seq,
        str(entry.kind),
        entry.at_ms,
        str(entry.reason),
        entry.device_id,
        entry.alert_id,
        entry.person_id,
        entry.took_ms,
        entry.version,
        int(entry.is_open),
        entry.state,
        entry.view,
    )
    return (*line, crc32(_encode(line)))


def is_sound(line: Line) -> bool:
    """Whether a row of `log` is what was written."""
    return bool(crc32(_encode(line[:-1])) == line[-1])


def entry_of(line: Line) -> Entry:
    """Return the entry of a row of `log`. Raises `Damaged` if it is not what was written."""
    if not is_sound(line):
        raise Damaged(f"the checksum of line {line[0]} is wrong")
    _, kind, at_ms, reason, device, alert, person, took_ms, version, is_open, state, view, _ = line
    return Entry(
        kind,
        at_ms,
        reason,
        device,
        alert,
        person,
        took_ms,
        version,
        bool(is_open),
        state,
        view,
    )


def insert(connection: sqlite3.Connection, lines: Sequence[Line]) -> None:
    """Add lines to the log, and make them the newest of their subjects. `lines` ascend by seq."""
    if not lines:
        return
    whole = len(lines) - len(lines) % _TOGETHER
    for start in range(0, whole, _TOGETHER):
        together = lines[start : start + _TOGETHER]
        connection.execute(_INSERT_TOGETHER, tuple(chain.from_iterable(together)))
    connection.executemany(_INSERT_ONE, lines[whole:])
    connection.execute(_NOTE_NEWEST, (lines[0][0], lines[-1][0]))


def note(connection: sqlite3.Connection, notes: Iterable[tuple[str, str]]) -> None:
    """Put into the file's key-value place."""
    connection.executemany("INSERT OR REPLACE INTO about (name, value) VALUES (?, ?)", notes)

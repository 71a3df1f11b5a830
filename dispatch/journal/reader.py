"""Reading the log beside its writer, on a connection of its own.

Every read is short: a reader that stays keeps the WAL from starting anew.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from dispatch.core.entry import Entry
from dispatch.core.facts import OFF_DUTY, FactKind
from dispatch.journal.faults import Damaged
from dispatch.journal.lines import COLUMNS, entry_of
from dispatch.journal.schema import open_reader

CHUNK: Final = 1_000

_AFTER: Final = f"SELECT {COLUMNS} FROM log WHERE seq > ? ORDER BY seq LIMIT ?"  # noqa: S608
_THESE: Final = (
    f"SELECT {COLUMNS} FROM log WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq"  # noqa: S608
)


_DUTY: Final = "SELECT device_id, reason FROM log WHERE seq > ? AND kind = ? ORDER BY seq"


class Reader:
    """May be called from any thread; one at a time."""

    def __init__(self, current: Callable[[], Path]) -> None:
        self._current = current
        self._path: Path | None = None
        self._connection: sqlite3.Connection | None = None
        self._is_closed = False
        self._turn = threading.Lock()

    def read_after(self, seq: int, limit: int) -> list[tuple[int, Entry]]:
        """Return at most `limit` lines after `seq`. Raises `Damaged`, sqlite3.Error."""
        with self._turn:
            lines = self._connected().execute(_AFTER, (seq, limit)).fetchall()
        return [(line[0], entry_of(line)) for line in lines]

    def newest_states(self, closed_since_ms: int | None) -> list[Entry]:
        """Return the newest entry with a state of each alert. Raises `Damaged`, sqlite3.Error."""
        with self._turn:
            return list(newest_entries(self._connected(), closed_since_ms))

    def off_duty_after(self, seq: int) -> frozenset[str]:
        """Return who went off duty after `seq`, and not on again. Raises sqlite3.Error."""
        with self._turn:
            lines = self._connected().execute(_DUTY, (seq, FactKind.DUTY)).fetchall()
        newest = dict(lines)
        return frozenset(each for each, reason in newest.items() if reason == OFF_DUTY)

    def note(self, name: str) -> str | None:
        """Return what the key-value place holds. Raises sqlite3.Error."""
        with self._turn:
            found = self._connected().execute("SELECT value FROM about WHERE name = ?", (name,))
            row = found.fetchone()
        return None if row is None else str(row[0])

    def reset(self) -> None:
        """Let go of a file that failed; the next read opens it anew."""
        with self._turn:
            self._disconnect()

    def close(self) -> None:
        """Let go of the file for good."""
        with self._turn:
            self._is_closed = True
            self._disconnect()

    def _connected(self) -> sqlite3.Connection:
        if self._is_closed:
            raise sqlite3.ProgrammingError("the log is closed")
        path = self._current()
        if self._connection is None or path != self._path:
            self._disconnect()
            self._connection, self._path = open_reader(path), path
        return self._connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def newest_entries(connection: sqlite3.Connection, closed_since_ms: int | None) -> Iterator[Entry]:
    """Yield the newest entry with a state of each alert: open ones, and those closed since.

    In the order in which they were appended. Raises `Damaged`, sqlite3.Error.
    """
    since_ms = 2**63 - 1 if closed_since_ms is None else closed_since_ms
    numbers = [
        seq
        for (seq,) in connection.execute(
            "SELECT seq FROM newest WHERE is_open OR at_ms >= ? ORDER BY seq", (since_ms,)
        )
    ]
    for start in range(0, len(numbers), CHUNK):
        chunk = numbers[start : start + CHUNK]
        wanted = msgspec.json.encode(chunk).decode()
        lines = connection.execute(_THESE, (wanted,)).fetchall()
        if len(lines) != len(chunk):
            raise Damaged("the newest lines of some alerts are missing")
        yield from map(entry_of, lines)

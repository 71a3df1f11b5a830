"""The durable local log: what was appended and said to be stored is on the disk.

The README beside this file says what is promised and what is not.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Final, TypeVar

from dispatch.core.entry import Entry
from dispatch.core.limits import CLOSED_ALERT_KEPT_S
from dispatch.journal.faults import Cure, Failure, NotStored, Reason, diagnose
from dispatch.journal.reader import Reader
from dispatch.journal.salvage import Salvage
from dispatch.journal.status import Condition, LogState
from dispatch.journal.storage import Storage
from dispatch.journal.work import Append, Close, Compact, MoveOn, Note, Work, size_of
from dispatch.journal.writer import Writer

WAITING_ENTRIES_MAX: Final = 20_000
WAITING_BYTES_MAX: Final = 64 * 2**20
LOG_BYTES_MAX: Final = 4 * 2**30
"""Some 1.4 million lines of 3 kB: five days of Bogotá's everyday load without PostgreSQL."""
STALLED_AFTER_S: Final = 2.0
CLOSE_DEADLINE_S: Final = 5.0
SALVAGE_DEADLINE_S: Final = 60.0

_T = TypeVar("_T")


class LocalLog:
    """One file, one writer, one owner: `append` is called from one thread, and not during `close`.

    `on_stored(seq)`: everything up to `seq` is on the disk, but for what `on_failed` named before.
    Both are called in order, through `call_back`, which brings them to the owner's thread (such as
    `loop.call_soon_threadsafe`).

    Raises `CannotOpen` (another process has it; a newer release wrote it; it is not a journal).
    A disk that fails is not an error but the `state`: dispatch goes on, and so do the attempts.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        call_back: Callable[[Callable[[], None]], object],
        on_stored: Callable[[int], None],
        on_failed: Callable[[Failure], None],
        max_bytes: int = LOG_BYTES_MAX,
    ) -> None:
        path = Path(path).absolute()
        self._queue: SimpleQueue[Work] = SimpleQueue()
        self._last_seq: int | None = None
        self._taken = 0
        self._taken_bytes = 0
        self._is_closing = False
        self._storage = Storage(path, max_bytes)
        self._writer = Writer(
            self._storage,
            self._queue,
            lambda seq: _call(call_back, partial(on_stored, seq)),
            lambda failure: _call(call_back, partial(on_failed, failure)),
        )
        self._reader = Reader(lambda: self._storage.path)
        self._writer.open()
        self._thread = threading.Thread(target=self._writer.run, name="journal", daemon=True)
        self._thread.start()

    # --- appending ------------------------------------------------------------------------------

    def append(self, entries: Sequence[Entry], first_seq: int = 0) -> int:
        """Take entries in, together or not at all; return the number of the last one.

        They have consecutive numbers, from `first_seq` where that is above all before. Never
        blocks. Raises `NotStored`: nothing was taken.
        """
        self._check_open()
        if self._last_seq is None:
            self._last_seq = self._storage.head.last_seq
        if not entries:
            return self._last_seq
        size = size_of(entries)
        writer = self._writer
        if (
            self._taken - writer.settled + len(entries) > WAITING_ENTRIES_MAX
            or self._taken_bytes - writer.settled_bytes + size > WAITING_BYTES_MAX
        ):
            raise NotStored(Reason.QUEUE_FULL)
        first_seq = max(first_seq, self._last_seq + 1)
        self._last_seq = first_seq + len(entries) - 1
        self._taken += len(entries)
        self._taken_bytes += size
        self._queue.put(Append(first_seq, tuple(entries), size))
        return self._last_seq

    def put(self, name: str, value: str) -> None:
        """Keep a small value (such as the boot's id) in the file, with the next commit.

        Raises `NotStored`.
        """
        self._check_open()
        self._queue.put(Note(name, value))

    # --- reading --------------------------------------------------------------------------------

    def newest_states(self, closed_since_ms: int | None = None) -> Iterator[Entry]:
        """Return the newest entry with a state of each alert: all that recovery needs.

        Open alerts, and those whose newest entry is not older than `closed_since_ms`; in the order
        in which they were appended. What was appended and not said to be stored may be missing.
        A damaged file is salvaged on the way. Blocks; may be called from any thread.
        Raises sqlite3.Error and OSError where the disk does not let it be read.
        """
        return iter(self._read(lambda: self._reader.newest_states(closed_since_ms)))

    def read_after(self, seq: int, limit: int) -> list[tuple[int, Entry]]:
        """Return at most `limit` stored entries after `seq`, each with its number.

        Blocks; may be called from any thread. Raises like `newest_states`.
        """
        return self._read(lambda: self._reader.read_after(seq, limit))

    def off_duty(self) -> frozenset[str]:
        """Return who went off duty without PostgreSQL having heard. Raises like `newest_states`."""
        return self._read(lambda: self._reader.off_duty_after(self.drained_seq))

    def get(self, name: str) -> str | None:
        """Return what `put` kept. Raises like `newest_states`."""
        return self._read(lambda: self._reader.note(name))

    def distrust(self, name: str, reason: Reason) -> None:
        """Another reader found the file of this name damaged: if it still is the log, salvage it.

        In the background; `path` and `salvages` show it. From any thread.
        """
        self._queue.put(MoveOn(name, reason, threading.Event()))

    # --- the drain and room ---------------------------------------------------------------------

    def drained(self, seq: int) -> None:
        """PostgreSQL has everything up to `seq`. Remembered with the next commit; any thread.

        Forgotten where nothing can be written any more: draining twice changes nothing.
        """
        if seq > self._storage.head.drained_seq:
            self._queue.put(Note("drained_seq", str(seq)))

    def compact(self, now_ms: int) -> None:
        """Drop drained lines in the background, but for the newest of each alert that is open.

        Alerts closed less than an hour before `now_ms` are kept too: a late retry must find them.
        """
        self._check_open()
        self._queue.put(Compact(now_ms - int(CLOSED_ALERT_KEPT_S * 1000)))

    @property
    def drained_seq(self) -> int:
        """How far PostgreSQL has it, as far as the file knows."""
        return self._storage.head.drained_seq

    @property
    def log_id(self) -> str:
        """Names this log for good; empty until it has been open."""
        return self._storage.head.log_id

    # --- watching -------------------------------------------------------------------------------

    @property
    def path(self) -> Path:
        """The file that is the log at the moment."""
        return self._storage.path

    @property
    def salvages(self) -> Sequence[Salvage]:
        """What was done about damaged files, at opening or since; the newest last."""
        return tuple(self._storage.salvages)

    def state(self) -> LogState:
        """Return how the log is. Cheap; from any thread."""
        writer = self._writer
        state = writer.state
        since_s = writer.busy_since_s
        if since_s is not None and state.condition is Condition.HEALTHY:
            for_s = time.monotonic() - since_s
            if for_s > STALLED_AFTER_S:
                began_ms = int((time.time() - for_s) * 1000)
                state = LogState(Condition.STALLED, None, began_ms)
        return replace(
            state,
            waiting=self._taken - writer.settled,
            wal_bytes=writer.housekeeping.wal_bytes,
        )

    def close(self, deadline_s: float = CLOSE_DEADLINE_S) -> bool:
        """Store what waits, fold the WAL and let go of the file. Blocks.

        False if the disk did not let go in time: what waits then is not said to be stored.
        """
        if not self._is_closing:
            self._is_closing = True
            self._reader.close()
            self._queue.put(Close())
            self._writer.ending.set()
        self._thread.join(deadline_s)
        return not self._thread.is_alive()

    def _check_open(self) -> None:
        if self._is_closing:
            raise NotStored(Reason.CLOSED)
        if not self._storage.is_open:
            raise NotStored(Reason.NOT_OPEN)
        if self._writer.state.reason is Reason.BUG:
            raise NotStored(Reason.BUG)

    def _read(self, read: Callable[[], _T]) -> _T:
        """Read; where the file turns out to be damaged, once more after it was salvaged."""
        path = self._storage.path
        try:
            return read()
        except sqlite3.Error as error:
            reason, cure = diagnose(error)
            if cure is not Cure.NEW_FILE:
                raise
        self._reader.reset()
        done = threading.Event()
        self._queue.put(MoveOn(path.name, reason, done))
        done.wait(SALVAGE_DEADLINE_S)
        return read()


def _call(call_back: Callable[[Callable[[], None]], object], told: Callable[[], None]) -> None:
    try:
        call_back(told)
    except RuntimeError:
        return  # the owner's loop is closed: there is nobody left to tell

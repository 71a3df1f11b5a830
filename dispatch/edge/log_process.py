"""The core's end of its durable log, which is a process of its own
(`dispatch/journal/log_program.py`).

Here the writer's thread took a quarter of the dispatcher's processor time, and held the interpreter
when a press came in.
"""

import asyncio
import sqlite3
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Final, TypeVar, cast

import structlog

from dispatch.core.entry import Entry
from dispatch.edge.clock import read_clock
from dispatch.journal.faults import CannotOpen, Cure, Failure, NotStored, Reason, diagnose
from dispatch.journal.files import current_file
from dispatch.journal.local_log import (
    CLOSE_DEADLINE_S,
    SALVAGE_DEADLINE_S,
    STALLED_AFTER_S,
    WAITING_BYTES_MAX,
    WAITING_ENTRIES_MAX,
)
from dispatch.journal.log_child import LogChild, start_log
from dispatch.journal.log_talk import (
    Answered,
    Append,
    Asked,
    Compact,
    Distrust,
    Drained,
    Lines,
    Opened,
    Refused,
    Stored,
    Told,
    pack,
)
from dispatch.journal.reader import Reader
from dispatch.journal.status import Condition, LogState
from dispatch.journal.work import size_of

ENDED_AFTER_S: Final = CLOSE_DEADLINE_S + 1.0
REAPED_WITHIN_S: Final = 0.1
RETRY_FIRST_S: Final = 0.05
RETRY_LAST_S: Final = 1.0
"""Nothing is stored meanwhile."""
SETTLED_AFTER_S: Final = 10.0
"""A process that lived so long was a good one: the next one is started at once again."""

_T = TypeVar("_T")

log = structlog.get_logger()


class LogProcess:
    """Has a log kept by a process, and by another one if that ends. All of it is on one loop.

    Numbers are given here, so that `append` waits for nobody. What a process that ended had not
    answered is said to have failed: it may be on the disk all the same.
    """

    def __init__(self, path: Path, child: LogChild | None = None) -> None:
        self.on_stored: Callable[[int], None] = lambda _: None
        """Everything up to this number is on the disk, but for what `on_failed` named before."""
        self.on_failed: Callable[[Failure], None] = lambda _: None
        self.log_id = ""
        """Names this log for good; empty until it has been open."""
        self.drained_seq = 0
        """How far PostgreSQL has it, as far as the file knows."""
        self.path = path.absolute()
        """Of the log's first file: see `dispatch/journal/files.py`."""
        self._child = child
        self._transport: asyncio.Transport | None = None
        self._ended = asyncio.Event()
        self._ended.set()  # as long as none could be started
        self._told = asyncio.Event()
        self._file = ""
        self._refusal: str | None = None
        self._is_open = self._is_closing = False
        self._last_seq = 0
        self._waiting: deque[tuple[int, int, int, float]] = deque()
        """Appends without an answer: first and last number, bytes, and since when."""
        self._entries = self._bytes = 0
        self._state = LogState(Condition.FAILING, Reason.NOT_OPEN, read_clock().wall_ms)
        self._reader = Reader(lambda: current_file(self.path))

    # --- the process ----------------------------------------------------------------------------

    async def open(self) -> None:
        """Have the log opened, as far as the disk lets it be. Raises `CannotOpen`, `OSError`."""
        await self._start()
        await self._told.wait()
        if self._refusal is not None:
            self._reap()
            raise CannotOpen(self._refusal)

    async def run(self) -> None:
        """Start another process whenever one has ended, for ever."""
        retry_s = RETRY_FIRST_S
        await self._ended.wait()
        while True:
            await asyncio.sleep(retry_s)
            retry_s = min(2 * retry_s, RETRY_LAST_S)
            try:
                await self._start()
                await self._told.wait()
            except Exception as error:  # whatever it is, dispatch goes on and health is red
                log.error("log_not_started", reason=f"{type(error).__name__}: {error}")
                continue
            log.info("log_restarted", is_open=self._is_open, refused=self._refusal)
            started_s = read_clock().mono_s
            await self._ended.wait()
            if read_clock().mono_s - started_s >= SETTLED_AFTER_S:
                retry_s = RETRY_FIRST_S

    async def close(self) -> bool:
        """Have stored what waits, and the file let go of.

        False if the disk did not let go in time: what waits then is not said to be stored.
        """
        self._is_closing = True
        self._reader.close()
        if self._transport is None:
            if self._child is not None:  # nobody has opened it
                self._child.ours.close()
                self._reap()
            return True
        self._transport.write_eof()
        try:
            async with asyncio.timeout(ENDED_AFTER_S):
                await self._ended.wait()
        except TimeoutError:
            self._transport.abort()
            return False
        finally:
            self._reap()
        return True

    async def _start(self) -> None:
        if self._child is None:
            self._child = start_log(self.path)
        self._ended.clear()
        self._told.clear()
        self._refusal = None
        await asyncio.get_running_loop().create_unix_connection(
            lambda: _Ear(self), sock=self._child.ours
        )

    # --- appending ------------------------------------------------------------------------------

    def append(self, entries: Sequence[Entry]) -> int:
        """Take entries in, together or not at all; return the number of the last one.

        They have consecutive numbers. Never blocks. Raises `NotStored`: nothing was taken.
        """
        if self._is_closing:
            raise NotStored(Reason.CLOSED)
        if not self._is_open:
            raise NotStored(Reason.NOT_OPEN)
        if not entries:
            return self._last_seq
        size = size_of(entries)
        if (
            self._entries + len(entries) > WAITING_ENTRIES_MAX
            or self._bytes + size > WAITING_BYTES_MAX
        ):
            raise NotStored(Reason.QUEUE_FULL)
        first_seq = self._last_seq + 1
        try:
            packed = pack(Append(first_seq, tuple(entries)))
        except (OverflowError, UnicodeEncodeError):  # our own bug; others are not held up by it
            raise NotStored(Reason.BAD_ENTRY) from None
        self._last_seq += len(entries)
        self._entries += len(entries)
        self._bytes += size
        self._waiting.append((first_seq, self._last_seq, size, read_clock().mono_s))
        self._write(packed)
        return self._last_seq

    def drained(self, seq: int) -> None:
        """PostgreSQL has everything up to `seq`. Forgotten where there is no process to note it."""
        self._ask(Drained(seq))

    def compact(self, now_ms: int) -> None:
        """Drop drained lines that nobody needs any more, in the background."""
        self._ask(Compact(now_ms))

    def distrust(self, name: str, reason: Reason) -> None:
        """A reader found the file of this name damaged: if it still is the log, salvage it."""
        self._ask(Distrust(name, reason))

    def _ask(self, asked: Asked) -> None:
        self._write(pack(asked))

    def _write(self, packed: bytes) -> None:
        if self._transport is not None and not self._is_closing:
            self._transport.write(packed)

    # --- reading and watching -------------------------------------------------------------------

    async def read(self, read: Callable[[Reader], _T]) -> _T:
        """Read the file; where it turns out to be damaged, once more after it was salvaged.

        Raises sqlite3.Error and OSError where the disk does not let it be read.
        """
        file = current_file(self.path).name
        try:
            return read(self._reader)
        except sqlite3.Error as error:
            reason, cure = diagnose(error)
            if cure is not Cure.NEW_FILE:
                raise
        self._reader.reset()
        self.distrust(file, reason)
        with suppress(TimeoutError):
            async with asyncio.timeout(SALVAGE_DEADLINE_S):
                while self._file == file and self._transport is not None:
                    self._told.clear()
                    await self._told.wait()
        return read(self._reader)

    def state(self) -> LogState:
        """Return how the log is. Cheap."""
        state = self._state
        if self._waiting and state.condition is Condition.HEALTHY:
            now = read_clock()
            for_s = now.mono_s - self._waiting[0][3]
            if for_s > STALLED_AFTER_S:
                state = LogState(Condition.STALLED, None, now.wall_ms - int(for_s * 1000))
        return replace(state, waiting=self._entries)

    # --- what the process says ------------------------------------------------------------------

    def connected(self, transport: asyncio.Transport) -> None:
        """A process is there."""
        self._transport = transport

    def answered(self, answered: Answered) -> None:
        """It says something."""
        match answered:
            case Stored():
                self._settle(answered.seq)
                self.on_stored(answered.seq)
            case Failure():
                self._settle(answered.last_seq)
                self.on_failed(answered)
            case Opened():
                self._is_open = True
                self.log_id = answered.log_id
                self._last_seq = max(self._last_seq, answered.last_seq)
            case Refused():
                self._refusal = answered.text
                self._told.set()
            case Told():
                self._file = answered.file
                self.drained_seq = answered.drained_seq
                self._state = answered.state
                self._told.set()

    def lost(self) -> None:
        """It is gone: nobody will say what became of what it was asked to store."""
        self._transport = None
        self._is_open = False
        self._reap()
        is_meant = self._is_closing
        condition = Condition.CLOSED if is_meant else Condition.FAILING
        reason = Reason.CLOSED if is_meant else Reason.ENDED
        self._state = LogState(condition, reason, read_clock().wall_ms, self._refusal or "")
        if self._waiting:
            self.answered(Failure(reason, self._waiting[0][0], self._waiting[-1][1]))
        self._told.set()
        self._ended.set()

    def _settle(self, seq: int) -> None:
        waiting = self._waiting
        while waiting and waiting[0][1] <= seq:
            first_seq, last_seq, size, _ = waiting.popleft()
            self._entries -= last_seq - first_seq + 1
            self._bytes -= size

    def _reap(self) -> None:
        """Whatever it hangs in, it must not hold the file against the one that follows."""
        child, self._child = self._child, None
        if child is not None:
            child.process.kill()
            with suppress(subprocess.TimeoutExpired):  # the disk holds it; it is the system's now
                child.process.wait(REAPED_WITHIN_S)


class _Ear(asyncio.Protocol):
    """The socket to one process."""

    def __init__(self, owner: LogProcess) -> None:
        self._owner = owner
        self._lines = Lines()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._owner.connected(cast(asyncio.Transport, transport))

    def data_received(self, data: bytes) -> None:
        for answered in self._lines.feed(data):
            self._owner.answered(answered)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._owner.lost()

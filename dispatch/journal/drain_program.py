"""The drain, as a process of its own: what PostgreSQL costs is not taken from dispatch.

The core starts it (`dispatch/edge/drain_process.py`) and talks with it by its standard input and
output; with the end of its input it ends, so it never outlives its core.
"""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final
from uuid import UUID

import uvloop

from dispatch.journal.drain import Drain
from dispatch.journal.drain_talk import (
    GATHER_S,
    LINE_MAX_BYTES,
    Begin,
    DrainStatus,
    FoundDamaged,
    decode_begin,
    decode_stored_seq,
    line_of,
)
from dispatch.journal.faults import Cure, Reason, diagnose
from dispatch.journal.files import current_file
from dispatch.journal.reader import Reader
from dispatch.journal.tables import Numbered
from dispatch.store.pool import open_pool

REPORT_EVERY_S: Final = 0.25
NICENESS: Final = 5
"""On a machine with more to do than processors it is the drain that waits, not a press."""


class LogFile:
    """The log of another process, to be read. `found_damaged` is called in the reading thread."""

    def __init__(
        self, path: Path, drained_seq: int, found_damaged: Callable[[str, Reason], object]
    ) -> None:
        self.drained_seq = drained_seq
        self._path = path
        self._reader = Reader(lambda: current_file(path))
        self._found_damaged = found_damaged

    def read_after(self, seq: int, limit: int) -> list[Numbered]:
        """Return at most `limit` entries after `seq`. Raises sqlite3.Error."""
        file = current_file(self._path)
        try:
            return self._reader.read_after(seq, limit)
        except sqlite3.Error as error:
            self._reader.reset()
            reason, cure = diagnose(error)
            if cure is Cure.NEW_FILE:
                self._found_damaged(file.name, reason)
            raise

    def drained(self, seq: int) -> None:
        """PostgreSQL has everything up to `seq`; the report says so to the owner of the log."""
        self.drained_seq = seq

    def close(self) -> None:
        """Let go of the file."""
        self._reader.close()


async def run(heard: asyncio.StreamReader, say: Callable[[bytes], object]) -> None:
    """Drain as `heard` says, until it ends. `say` is given lines."""
    begin = decode_begin(await heard.readline())
    loop = asyncio.get_running_loop()
    log = LogFile(
        Path(begin.path),
        begin.drained_seq,
        lambda name, reason: loop.call_soon_threadsafe(say, line_of(FoundDamaged(name, reason))),
    )
    changed = asyncio.Event()
    try:
        async with open_pool(begin.dsn, size=1) as pool:
            drain = Drain(
                log,
                pool,
                UUID(begin.journal_id),
                gather_s=0.0 if begin.is_urgent else GATHER_S,
                on_drained=lambda _: changed.set(),
                say=lambda _: changed.set(),
            )
            drain.stirred(begin.stored_seq)
            tasks = [
                asyncio.create_task(drain.run()),
                asyncio.create_task(_report(drain, changed, begin, say)),
            ]
            while line := await heard.readline():
                drain.stirred(decode_stored_seq(line))
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
    finally:
        log.close()


async def _report(
    drain: Drain, changed: asyncio.Event, begin: Begin, say: Callable[[bytes], object]
) -> None:
    """Tell how things stand: whenever that has changed, and how late it is while it is late."""
    told: DrainStatus | None = None
    while True:
        status = drain.status()
        if status != told:
            told = status
            say(line_of(status))
        with suppress(TimeoutError):
            async with asyncio.timeout(REPORT_EVERY_S if status.entries_behind else None):
                await changed.wait()
        if not begin.is_urgent:
            await asyncio.sleep(REPORT_EVERY_S)
        changed.clear()


async def _main() -> None:
    loop = asyncio.get_running_loop()
    heard = asyncio.StreamReader(LINE_MAX_BYTES)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(heard), sys.stdin)
    # A pipe takes a line as a whole or blocks while the core does not read: the drain may wait.
    await run(heard, lambda line: os.write(sys.stdout.fileno(), line))


def main() -> None:
    """Serve one core."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # it ends with its core, which those are meant for
    os.nice(NICENESS)
    uvloop.run(_main())


if __name__ == "__main__":
    main()

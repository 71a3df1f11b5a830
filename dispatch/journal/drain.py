"""The drain: from the local log to PostgreSQL, in order and in batches, behind everyone's back.

    local log ──read_after──▶ batch ──one transaction──▶ tables and mark ──▶ on_drained, drained

The mark in PostgreSQL (`journals.drained_seq`) says how far it got and moves in the transaction
that writes the entries, only ever from where the drain believed it to be. So whatever ends a
transaction unheard, each entry is in the tables exactly once; the log's own `drained_seq` may lag
behind and nothing is lost or doubled by it.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol
from uuid import UUID

import asyncpg

from dispatch.journal.drain_talk import GATHER_S, DrainStatus, Held
from dispatch.journal.tables import Mark, Numbered, lock_mark, put_aside, write
from dispatch.store.errors import Refused, StoreUnavailable, Unavailable
from dispatch.store.pool import Pool, connected

BATCH_ROWS: Final = 100
BATCH_BYTES: Final = 1_048_576
"""More rows drain hardly faster (100: 15,600 entries/s; 200: 15,800)."""
BATCH_DEADLINE_S: Final = 5.0
RETRY_FIRST_S: Final = 0.1
RETRY_LAST_S: Final = 5.0


class Log(Protocol):
    """What the drain needs of the local log. Its methods block, and may run in any thread.

    A number names one entry for good: a log that has lost entries goes on above their numbers.
    """

    @property
    def drained_seq(self) -> int:
        """The last number that `drained` was told; entries above it are kept."""

    def read_after(self, seq: int, limit: int) -> list[Numbered]:
        """At most `limit` entries with higher numbers, in order."""

    def drained(self, seq: int) -> None:
        """PostgreSQL has everything up to `seq`."""


class LogRewound(Exception):  # noqa: N818 - a state of the log, named as such
    """The log is an older copy of what was drained before; its new entries would pass for old."""


class Drain:
    """Drains one log for as long as `run` runs. Everything but `Log`'s methods is on one loop.

    What is stored is drained within `gather_s` while PostgreSQL keeps up.

    `on_drained` is called with a number once PostgreSQL has committed everything up to it: for
    receipts that wait for that. `say` hears each change of `reason` and `refused`.
    """

    def __init__(
        self,
        log: Log,
        pool: Pool,
        journal_id: UUID,
        *,
        gather_s: float = GATHER_S,
        on_drained: Callable[[int], None] = lambda _: None,
        say: Callable[[DrainStatus], None] = lambda _: None,
    ) -> None:
        self._log = log
        self._pool = pool
        self._journal_id = journal_id
        self._gather_s = gather_s
        self._on_drained = on_drained
        self._say = say
        self._seq = self._stored_seq = log.drained_seq
        self._met = self._is_behind = False
        self._head: Numbered | None = None
        self._rows = BATCH_ROWS
        self._refused = 0
        self._told = ("", 0)
        self._stirred = asyncio.Event()

    def stirred(self, stored_seq: int) -> None:
        """Entries up to `stored_seq` are in the log."""
        self._stored_seq = max(self._stored_seq, stored_seq)
        self._stirred.set()

    def status(self) -> DrainStatus:
        """How things stand at this moment."""
        waits_s = 0.0
        behind = self._stored_seq - self._seq
        if self._head is not None:
            seq, entry = self._head
            behind = self._stored_seq - seq + 1
            waits_s = max(0.0, time.time() - entry.at_ms / 1000)
        return DrainStatus(self._seq, behind, waits_s, self._refused, self._told[0])

    async def run(self) -> None:
        """Drain whatever is stored, for ever. No failure ends it: the entries are in the log."""
        retry_s = RETRY_FIRST_S
        while True:
            self._stirred.clear()
            try:
                while await self._drain_batch():
                    retry_s = RETRY_FIRST_S
                    await asyncio.sleep(0 if self._is_behind else self._gather_s)
            except Exception as error:  # whatever it is, dispatch goes on and health is red
                self._tell(_named(error))
                await asyncio.sleep(retry_s)
                retry_s = min(2 * retry_s, RETRY_LAST_S)
                continue
            await self._stirred.wait()

    async def _drain_batch(self) -> bool:
        """Drain one batch. Says whether to go on at once."""
        rows = self._rows
        found = await asyncio.to_thread(self._log.read_after, self._seq, rows)
        entries = _within_bytes(found)
        if entries:
            self._head = entries[0]
            self._stored_seq = max(self._stored_seq, entries[-1][0])
        elif self._met:
            return False
        mark = await self._store(entries)
        if mark is None:
            return True
        if mark.seq > self._seq and not (entries and mark == _mark_at(entries[-1])):
            await self._recognise(mark)
        self._met = True
        await self._reached(mark.seq)
        self._is_behind = len(found) == rows or len(entries) < len(found)
        return True

    async def _store(self, entries: Sequence[Numbered]) -> Mark | None:
        """Store these entries, unless PostgreSQL is elsewhere than we believed. Return its mark.

        None: one of them is refused, and a smaller batch has to show which.
        """
        try:
            return await self._transact(entries)
        except StoreUnavailable as error:
            if error.reason is Unavailable.NO_ANSWER:
                self._rows = max(1, self._rows // 2)  # it may be too much for a slow server
            raise
        except _FOR_GOOD as error:
            if not entries:
                raise
            if len(entries) > 1:
                self._rows = len(entries) // 2  # closer to whichever it is
                return None
            mark = await self._transact(entries, refused=_why(error))
            self._refused += mark.seq == entries[0][0]
            return mark

    async def _transact(self, entries: Sequence[Numbered], refused: str = "") -> Mark:
        async with connected(self._pool, BATCH_DEADLINE_S) as connection, connection.transaction():
            mark = await lock_mark(connection, self._journal_id)
            if mark.seq != self._seq or not entries:
                return mark
            if refused:
                await put_aside(connection, self._journal_id, entries[0], refused)
            else:
                await write(connection, self._journal_id, entries)
        self._rows = min(BATCH_ROWS, 2 * self._rows)
        return _mark_at(entries[-1])

    async def _recognise(self, mark: Mark) -> None:
        """PostgreSQL is ahead: of a crash that kept us from noting it, or of a log put back."""
        found = await asyncio.to_thread(self._log.read_after, mark.seq - 1, 1)
        if found and found[0][0] == mark.seq:
            same = found[0][1].at_ms == mark.at_ms
        else:  # lost in a salvage, whose numbers go on far above
            same = bool(found) or mark.seq <= self._stored_seq
        if not same:
            raise LogRewound(f"it is not the log whose entry {mark.seq} was drained")

    async def _reached(self, seq: int) -> None:
        """Go on from PostgreSQL's mark: behind ours too, if the database is an older copy."""
        self._seq = seq
        self._stored_seq = max(self._stored_seq, seq)
        self._head = None
        self._on_drained(seq)
        reason = ""
        if seq > self._log.drained_seq:
            try:
                await asyncio.to_thread(self._log.drained, seq)
            except Exception as error:  # a disk that fails must not hold up what it still gives
                reason = _named(error)
        self._tell(reason)

    def _tell(self, reason: str) -> None:
        if (reason, self._refused) != self._told:
            self._told = (reason, self._refused)
            self._say(self.status())


_FOR_GOOD: Final = (Refused, asyncpg.DataError, asyncpg.ProgramLimitExceededError, ValueError)
"""What is wrong with an entry, and will be at the next attempt."""


def _mark_at(numbered: Numbered) -> Mark:
    seq, entry = numbered
    return Mark(seq, entry.at_ms)


def _why(error: Exception) -> str:
    # PostgreSQL's own texts quote the row, which says who and where.
    return str(error) if isinstance(error, Refused) else type(error).__name__


def _named(error: Exception) -> str:
    if isinstance(error, StoreUnavailable):
        return str(error)
    if isinstance(error, LogRewound):
        return f"{Held.LOG_REWOUND}: {error}"
    return f"{Held.FAULT}: {_why(error)}"


def _within_bytes(entries: Sequence[Numbered]) -> Sequence[Numbered]:
    """As many as fit `BATCH_BYTES`, and one at least."""
    total = 0
    for count, (_, entry) in enumerate(entries):
        total += len(entry.view or b"") + len(entry.state or b"")
        if count and total > BATCH_BYTES:
            return entries[:count]
    return entries

"""A database to drain into, a drain that runs for the length of a block, and what it left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest

from dispatch.journal.drain import Drain
from dispatch.journal.drain_talk import DrainStatus
from dispatch.store.pool import Pool, connected
from tests.journal.entries import MemoryLog
from tests.store.on_asyncio import PATIENCE_S

JOURNAL_ID = UUID("7d9f2c1e-0000-4000-8000-000000000001")
EMPTY = """
    SET session_replication_role = replica;
    DELETE FROM alerts; DELETE FROM alert_events; DELETE FROM deliveries; DELETE FROM journals;
    DELETE FROM journal_refused; DELETE FROM denials; DELETE FROM false_alarms;
    DELETE FROM kit; DELETE FROM troubles; DELETE FROM messages;
"""
TABLES = {
    "journals": "journal_id, drained_seq",
    "alerts": "*",
    "alert_events": "*",
    "deliveries": "*",
    "kit": "*",
    "troubles": "*",
    "messages": "*",
    "journal_refused": "journal_id, seq, reason, entry",
    "denials": "at, device_id, alert_id, what, reason",
    "false_alarms": "*",
}


class Drained:
    """A drain and what was heard of it."""

    def __init__(
        self, log: MemoryLog, pool: Pool, journal_id: UUID = JOURNAL_ID, gather_s: float = 0.0
    ) -> None:
        self.log = log
        self.said: list[DrainStatus] = []
        self.told: list[int] = []
        self._moved = asyncio.Event()
        self.drain = Drain(
            log, pool, journal_id, gather_s=gather_s, on_drained=self._hear, say=self._note
        )

    def _hear(self, seq: int) -> None:
        self.told.append(seq)
        self._moved.set()

    def _note(self, status: DrainStatus) -> None:
        self.said.append(status)
        self._moved.set()

    async def until(self, seq: int) -> None:
        """Wait until PostgreSQL has everything up to `seq`."""
        async with asyncio.timeout(PATIENCE_S):
            while seq not in self.told:
                await self._heard()

    async def until_said(self, word: str) -> DrainStatus:
        """Wait until the newest reason begins with this word."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.said or not self.said[-1].reason.startswith(word):
                await self._heard()
        return self.said[-1]

    async def until_well(self) -> None:
        """Wait until it is said that nothing is wrong."""
        async with asyncio.timeout(PATIENCE_S):
            while self.said[-1].reason:
                await self._heard()

    async def _heard(self) -> None:
        await self._moved.wait()
        self._moved.clear()


@asynccontextmanager
async def draining(
    log: MemoryLog, pool: Pool, journal_id: UUID = JOURNAL_ID, gather_s: float = 0.0
) -> AsyncIterator[Drained]:
    """A drain of this log, running."""
    drained = Drained(log, pool, journal_id, gather_s)
    task = asyncio.create_task(drained.drain.run())
    try:
        yield drained
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def drain_all(log: MemoryLog, pool: Pool, journal_id: UUID = JOURNAL_ID) -> Drained:
    """Drain a log to its end."""
    async with draining(log, pool, journal_id) as drained:
        await drained.until(log.stored_seq)
        await asyncio.to_thread(log.wait_marked, log.stored_seq, PATIENCE_S)
    return drained


async def rows(pool: Pool, sql: str, *arguments: object) -> list[tuple[Any, ...]]:
    """What a query returns."""
    async with connected(pool) as connection:
        return [tuple(row) for row in await connection.fetch(sql, *arguments)]


async def tables(pool: Pool) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that a drain writes, in an order of its own."""
    return {
        table: sorted(await rows(pool, f"SELECT {columns} FROM {table}"), key=repr)  # noqa: S608
        for table, columns in TABLES.items()
    }

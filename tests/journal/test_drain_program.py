"""The drain as its core hears it: what it says, what it reads, and that it ends."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest

from dispatch.journal.drain_program import run
from dispatch.journal.drain_talk import (
    Begin,
    DrainStatus,
    FoundDamaged,
    Said,
    decode_said,
    line_of,
)
from dispatch.journal.faults import Failure, Reason
from dispatch.journal.local_log import LocalLog
from dispatch.store.pool import open_pool
from tests.journal.drained import rows
from tests.journal.entries import entry
from tests.store.conftest import TEMPLATE, Server
from tests.store.on_asyncio import PATIENCE_S, on_asyncio


@pytest.fixture
def dsn(server: Server) -> str:
    """A database of its own."""
    return server.new_database(TEMPLATE)


class Core:
    """A log with an owner, and what the drain of it says."""

    def __init__(self, folder: Path) -> None:
        self.stored_seq = 0
        self.failures: list[Failure] = []
        self.log = LocalLog(
            folder / "journal.sqlite",
            call_back=lambda told: told(),
            on_stored=self._stored,
            on_failed=self.failures.append,
        )
        self.heard = asyncio.StreamReader()
        self.said: asyncio.Queue[Said] = asyncio.Queue()

    def _stored(self, seq: int) -> None:
        self.stored_seq = seq

    async def store(self, *versions: int) -> int:
        """Append these versions of alerts, and wait until they are on the disk."""
        seq = self.log.append([entry(version, 1) for version in versions])
        async with asyncio.timeout(PATIENCE_S):
            while self.stored_seq < seq:  # noqa: ASYNC110 - a thread tells
                await asyncio.sleep(0)
        return seq

    async def until(self, seq: int) -> DrainStatus:
        """Wait until it is said that PostgreSQL has everything up to `seq`."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                said = await self.said.get()
                if isinstance(said, DrainStatus) and said.drained_seq >= seq:
                    return said


@asynccontextmanager
async def drained_core(
    folder: Path, dsn: str, *versions: int, spoiled_seq: int = 0
) -> AsyncIterator[Core]:
    """A core with these alerts in its log, whose drain begins, and ends with the block.

    Entry `spoiled_seq` is not what was written any more.
    """
    core = Core(folder)
    try:
        stored_seq = await core.store(*versions)
        with closing(sqlite3.connect(core.log.path)) as scribbler, scribbler:
            scribbler.execute("UPDATE log SET version = 77 WHERE seq = ?", (spoiled_seq,))
        begin = Begin(dsn, str(core.log.path), core.log.log_id, 0, stored_seq, is_urgent=True)
        core.heard.feed_data(line_of(begin))
        drain = asyncio.create_task(
            run(core.heard, lambda line: core.said.put_nowait(decode_said(line)))
        )
        yield core
        core.heard.feed_eof()
        async with asyncio.timeout(PATIENCE_S):
            await drain
    finally:
        core.log.close()


@on_asyncio
async def test_it_says_how_far_it_got_and_goes_on_when_more_is_stored(
    dsn: str, tmp_path: Path
) -> None:
    async with drained_core(tmp_path, dsn, 1, 2, 3) as core:
        first = await core.until(3)
        assert (first.entries_behind, first.reason) == (0, "")
        core.heard.feed_data(line_of(await core.store(4)))
        await core.until(4)
        async with open_pool(dsn) as pool:
            assert await rows(pool, "SELECT seq FROM alert_events ORDER BY seq") == [
                (1,),
                (2,),
                (3,),
                (4,),
            ]


@on_asyncio
async def test_a_file_that_does_not_hold_what_was_written_is_named(
    dsn: str, tmp_path: Path
) -> None:
    async with drained_core(tmp_path, dsn, 1, 2, spoiled_seq=2) as core:
        async with asyncio.timeout(PATIENCE_S):
            while not isinstance(said := await core.said.get(), FoundDamaged):
                pass
        assert said == FoundDamaged("journal.sqlite", Reason.CORRUPT)

        core.log.distrust(said.name, said.reason)  # as the core does
        async with asyncio.timeout(PATIENCE_S):
            while not core.log.salvages:  # noqa: ASYNC110 - a thread tells
                await asyncio.sleep(0)
        core.heard.feed_data(line_of(await core.store(3)))
        await core.until(core.stored_seq)

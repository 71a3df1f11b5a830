"""The drain's process: there while it is wanted, followed by another if it dies, gone with us."""

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest

from dispatch.edge import drain_process
from dispatch.edge.drain_process import DrainProcess
from dispatch.journal.drain_talk import Begin, DrainStatus, Held, Said
from dispatch.journal.local_log import LocalLog
from tests.edge.town import PATIENCE_S, on_uvloop
from tests.journal.entries import entry
from tests.store.conftest import TEMPLATE, Server


@pytest.fixture
def dsn(server: Server) -> str:
    """A database of its own."""
    return server.new_database(TEMPLATE)


class Core:
    """A log, its drain in a process, and what was heard of it."""

    def __init__(self, dsn: str, folder: Path, *, is_urgent: bool) -> None:
        self.stored_seq = 0
        self.said: list[Said] = []
        loop = asyncio.get_running_loop()
        self.log = LocalLog(
            folder / "journal.sqlite",
            call_back=loop.call_soon_threadsafe,
            on_stored=self._stored,
            on_failed=print,
        )
        self.drain = DrainProcess(
            lambda: Begin(
                dsn,
                str(self.log.path),
                self.log.log_id,
                self.log.drained_seq,
                self.stored_seq,
                is_urgent,
            ),
            self.said.append,
        )

    def _stored(self, seq: int) -> None:
        self.stored_seq = seq
        self.drain.stirred(seq)

    def drained_seq(self) -> int:
        """How far PostgreSQL is said to have it."""
        return max((s.drained_seq for s in self.said if isinstance(s, DrainStatus)), default=0)

    async def until_drained(self, seq: int) -> None:
        """Wait until PostgreSQL has everything up to `seq`."""
        async with asyncio.timeout(PATIENCE_S):
            while self.drained_seq() < seq:  # noqa: ASYNC110 - a process tells
                await asyncio.sleep(0)


@pytest.mark.parametrize("is_urgent", [True, False])
def test_what_is_stored_is_drained_whatever_becomes_of_the_process(
    dsn: str, tmp_path: Path, is_urgent: bool
) -> None:
    @on_uvloop
    async def tried() -> None:
        core = Core(dsn, tmp_path, is_urgent=is_urgent)
        running = asyncio.create_task(core.drain.run())
        await core.until_drained(core.log.append([entry(1, 1)]))
        first = core.drain.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        await core.until_drained(core.log.append([entry(2, 1)]))
        reasons = [said.reason for said in core.said if isinstance(said, DrainStatus)]
        assert any(reason.startswith(Held.ENDED) for reason in reasons)
        assert reasons[-1] == ""

        second = core.drain.pid
        assert second is not None
        assert second != first
        running.cancel()
        await asyncio.wait([running])
        assert not psutil.pid_exists(second)
        core.log.close()

    tried()


@on_uvloop
async def test_a_program_that_is_not_there_is_said_to_be_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(drain_process, "COMMAND", (str(tmp_path / "nothing"),))
    monkeypatch.setattr(drain_process, "RETRY_FIRST_S", 0.01)
    core = Core("", tmp_path, is_urgent=False)
    running = asyncio.create_task(core.drain.run())
    async with asyncio.timeout(PATIENCE_S):
        while len(core.said) < 2:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
    said = core.said[-1]
    assert isinstance(said, DrainStatus)
    assert said.reason == f"{Held.ENDED}: FileNotFoundError"
    running.cancel()
    await asyncio.wait([running])
    core.log.close()

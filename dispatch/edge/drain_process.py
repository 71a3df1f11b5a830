"""The core's end of its drain, which is a process of its own (`dispatch/journal/drain_program.py`).

Here the drain's work took a sixth of the dispatcher's processor time, and held up presses for some
milliseconds at each batch.
"""

import asyncio
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from dispatch.journal.drain_talk import (
    GATHER_S,
    LINE_MAX_BYTES,
    Begin,
    DrainStatus,
    Held,
    Said,
    decode_said,
    line_of,
)
from dispatch.journal.own_program import command, environment

COMMAND: Final = command("dispatch.journal.drain_program")
RETRY_FIRST_S: Final = 0.25
RETRY_LAST_S: Final = 5.0


class DrainProcess:
    """Keeps a drain running. `begin` says what to drain, anew for each; `hear` gets what it says.

    A drain that ends (it should not) is followed by another; meanwhile its status says so.
    """

    def __init__(self, begin: Callable[[], Begin], hear: Callable[[Said], None]) -> None:
        self._begin = begin
        self._hear = hear
        self._process: Process | None = None
        self._stored_seq = self._told_seq = 0
        self._is_urgent = False
        self._timer: asyncio.TimerHandle | None = None
        self._heard = DrainStatus(0, 0, 0.0, 0)

    @property
    def pid(self) -> int | None:
        """The process's id, while there is one."""
        return None if self._process is None else self._process.pid

    def stirred(self, stored_seq: int) -> None:
        """Entries up to `stored_seq` are in the log. Told soon; at once if receipts wait for it."""
        self._stored_seq = stored_seq
        if self._is_urgent:
            self._tell()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(GATHER_S, self._tell)

    async def run(self) -> None:
        """Have what is stored drained, for ever."""
        retry_s = RETRY_FIRST_S
        while True:
            try:
                code, has_spoken = await self._run_once()
                reason = f"exit code {code}"
                retry_s = RETRY_FIRST_S if has_spoken else retry_s
            except Exception as error:  # whatever it is, dispatch goes on and health is red
                reason = type(error).__name__
            behind = DrainStatus(
                self._heard.drained_seq,
                max(0, self._stored_seq - self._heard.drained_seq),
                self._heard.seconds_behind,
                0,
                f"{Held.ENDED}: {reason}",
            )
            self._hear(behind)
            await asyncio.sleep(retry_s)
            retry_s = min(2 * retry_s, RETRY_LAST_S)

    async def _run_once(self) -> tuple[int, bool]:
        """Run one drain to its end. Raises `OSError` if it does not start."""
        process = await asyncio.create_subprocess_exec(
            *COMMAND,
            stdin=PIPE,
            stdout=PIPE,
            limit=LINE_MAX_BYTES,
            env=environment(),
        )
        has_spoken = False
        try:
            assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018
            begin = self._begin()
            self._told_seq, self._is_urgent = begin.stored_seq, begin.is_urgent
            process.stdin.write(line_of(begin))
            self._process = process
            self._tell()
            while line := await process.stdout.readline():
                has_spoken = True
                said = decode_said(line)
                if isinstance(said, DrainStatus):
                    self._heard = said
                self._hear(said)
        finally:
            self._process = None
            with suppress(ProcessLookupError):
                process.kill()
            code = await asyncio.shield(process.wait())
        return code, has_spoken

    def _tell(self) -> None:
        """Say how far the log is. A drain that reads nothing needs no more than one line."""
        self._timer = None
        process = self._process
        if process is None or process.stdin is None or self._stored_seq <= self._told_seq:
            return
        if process.stdin.transport.get_write_buffer_size() == 0:
            self._told_seq = self._stored_seq
            process.stdin.write(line_of(self._stored_seq))
        elif not process.stdin.is_closing():
            self._timer = asyncio.get_running_loop().call_later(GATHER_S, self._tell)

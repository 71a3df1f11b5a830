"""The clients' commands as processes of their own, as people run them."""

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import trio

from tests.link.peer import PATIENCE_S

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Running:
    """A command under way."""

    process: trio.Process
    _buffer: bytes = b""

    async def line(self, containing: str) -> str:
        """Wait for a line of its output that contains these words."""
        assert self.process.stdout is not None
        with trio.fail_after(PATIENCE_S):
            while True:
                line, newline, rest = self._buffer.partition(b"\n")
                if not newline:
                    more = await self.process.stdout.receive_some()
                    assert more, f"ended without {containing!r}"
                    self._buffer += more
                    continue
                self._buffer = rest
                if containing in line.decode():
                    return line.decode()

    async def ended(self) -> int:
        """Wait for its exit code."""
        with trio.fail_after(PATIENCE_S):
            return await self.process.wait()

    async def rest(self) -> str:
        """Return all that is left of its output."""
        assert self.process.stdout is not None
        with trio.fail_after(PATIENCE_S):
            while more := await self.process.stdout.receive_some():
                self._buffer += more
        return self._buffer.decode()


def _environment(home: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("CUADRANTE_")}
    return kept | {"HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}


@asynccontextmanager
async def running(
    home: Path, module: str, *arguments: str, stdin: bool = False
) -> AsyncIterator[Running]:
    """Run `python -m clients.<module> …`, both of its outputs in one; kill it at the end."""
    process = await trio.lowlevel.open_process(
        [sys.executable, "-W", "error", "-m", f"clients.{module}", *arguments],
        stdin=subprocess.PIPE if stdin else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=home,
        env=_environment(home),
    )
    try:
        yield Running(process)
    finally:
        with trio.CancelScope(shield=True):
            if process.poll() is None:
                process.kill()
            await process.wait()
            if process.stdout is not None:
                await process.stdout.aclose()


async def run(home: Path, module: str, *arguments: str) -> tuple[int, str]:
    """Run a command to its end. Returns its exit code and its output."""
    async with running(home, module, *arguments) as command:
        output = await command.rest()
        return await command.ended(), output

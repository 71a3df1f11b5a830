"""The processes of the demo's kit that the gateway asks: stand-ins for siren and cameras."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import trio

from clients.demo.backstage import ROOT, DemoFailed, end
from clients.demo.kit import Piece, Wiring

HANGS_WITHIN_S: Final = 30.0
ENDS_WITHIN_S: Final = 10.0


@asynccontextmanager
async def hardware(pieces: Sequence[Piece], directory: Path) -> AsyncIterator[dict[str, Wiring]]:
    """Run a stand-in for each piece until the block ends; yields how each is wired, by device.

    Raises `DemoFailed`.
    """
    processes: list[trio.Process] = []
    log = directory / "stand_ins.log"
    try:
        with log.open("wb") as output:
            for piece in pieces:
                processes.append(  # noqa: PERF401 - those before one that fails must end as well
                    await trio.lowlevel.open_process(
                        [sys.executable, "-m", "clients.stand_ins", *piece.stand_in],
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=output,
                        cwd=ROOT,
                        start_new_session=True,
                    )
                )
        wirings = {}
        for piece, process in zip(pieces, processes, strict=True):
            wirings[piece.device_id] = await _wiring(process, log)
        yield wirings
    finally:
        for process in processes:
            await end(process, ENDS_WITHIN_S)


async def _wiring(process: trio.Process, log: Path) -> Wiring:
    """Read the line in which a stand-in says how to reach it."""
    assert process.stdout is not None  # noqa: S101 - it was piped
    said = b""
    with trio.move_on_after(HANGS_WITHIN_S):
        while not said.endswith(b"\n") and (more := await process.stdout.receive_some()):
            said += more
    try:
        wiring: Wiring = json.loads(said)
    except ValueError:
        raise DemoFailed(f"a stand-in did not come up; see {log}") from None
    return wiring

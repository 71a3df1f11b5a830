"""The demo's processes: the server, its commands, the simulators. All of them end with it.

The server stands behind a tether, and each simulator reads its standard input: when this process
ends, in whatever way, their input does, and so do they.
"""

import fcntl
import http.client
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

import trio

from clients.demo import reports

ROOT: Final = Path(__file__).resolve().parents[2]
SERVER: Final = ROOT / "server.py"
HOST: Final = "127.0.0.1"
READY_WITHIN_S: Final = 120.0
"""The first start makes a database."""
COMMAND_WITHIN_S: Final = 180.0
SERVER_ENDS_WITHIN_S: Final = 60.0
SIMULATOR_ENDS_WITHIN_S: Final = 15.0
LOCK_WITHIN_S: Final = 60.0
LAST_LINES: Final = 15
PROBE_EVERY_S: Final = 0.1


class DemoFailed(Exception):  # noqa: N818 - it is shown as a sentence
    """The demo cannot go on; the message says why and what to do."""


@asynccontextmanager
async def sole(directory: Path, wait: Callable[[], None]) -> AsyncIterator[int]:
    """Hold the directory for this demo; yields the lock's descriptor.

    The server's tether holds it too, so that a demo after a killed one waits for that one's server.
    Raises `DemoFailed` if another demo runs there.
    """
    os.makedirs(directory, mode=0o700, exist_ok=True)
    lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with trio.move_on_after(LOCK_WITHIN_S) as patience:
            while not _locked(lock):
                wait()
                await trio.sleep(1)
        if patience.cancelled_caught:
            raise DemoFailed(f"another demo runs in {directory}: end it, or name another --dir")
        yield lock
    finally:
        os.close(lock)


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the server's processes listen."""

    core: int
    console: int
    panels: int
    buttons: int
    gateway: int
    """The gateway's own health."""
    push: int
    """The push side's metrics."""

    def environment(self) -> dict[str, str]:
        """Return the settings of the processes that have no flag for it."""
        return {
            "CUADRANTE_CONSOLE_PORT": str(self.console),
            "CUADRANTE_GATEWAY_PANEL_PORT": str(self.panels),
            "CUADRANTE_GATEWAY_BUTTON_PORT": str(self.buttons),
            "CUADRANTE_GATEWAY_METRICS_PORT": str(self.gateway),
            "CUADRANTE_PUSH_METRICS_PORT": str(self.push),
        }


def free_ports(core: int) -> Ports:
    """Return the wanted port and those after it, or free ones for those that are taken."""
    wanted = [core + more if core else 0 for more in range(len(fields(Ports)))]
    return Ports(*(free_port(port) for port in wanted))


@asynccontextmanager
async def server(directory: Path, ports: Ports, lock: int) -> AsyncIterator[None]:
    """Run the server until the block ends; core and gateway answer when the block begins.

    Raises `DemoFailed`.
    """
    log = directory / "server.log"
    command = [sys.executable, str(SERVER), "run", "--data-dir", str(directory / "data")]
    tether = [sys.executable, str(Path(__file__).with_name("tether.py"))]
    with log.open("wb") as output:
        process = await trio.lowlevel.open_process(
            [*tether, *command, "--host", HOST, "--port", str(ports.core)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=directory,
            env=_environment() | ports.environment(),
            pass_fds=(lock,),
            start_new_session=True,
        )
    try:
        await _answers(process, ports.core, log, (200, 503))  # red, while nobody is there yet
        await _answers(process, ports.gateway, log, (200,))  # it is registered, and connected
        yield
        if process.poll() is not None:
            raise DemoFailed(f"the server ended by itself; its last words:\n{_last_lines(log)}")
    finally:
        await end(process, SERVER_ENDS_WITHIN_S)
    if process.returncode:
        raise DemoFailed(f"the server ended with {process.returncode}:\n{_last_lines(log)}")


async def command(directory: Path, *arguments: str, typed: str = "") -> str:
    """Run one command of the server on the demo's data, with a line `typed` into it if it asks for
    one; returns what it printed.

    Raises `DemoFailed`.
    """
    with trio.move_on_after(COMMAND_WITHIN_S):
        done = await trio.run_process(
            [sys.executable, str(SERVER), *arguments, "--data-dir", str(directory / "data")],
            stdin=f"{typed}\n".encode() if typed else b"",
            capture_stdout=True,
            capture_stderr=True,
            check=False,
            cwd=directory,
            env=_environment(),
        )
        if done.returncode == 0:
            return done.stdout.decode(errors="replace")
        words = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise DemoFailed(f"server.py {' '.join(arguments[:2])}: {words}")
    raise DemoFailed(f"server.py {' '.join(arguments[:2])} took over {COMMAND_WITHIN_S:g} s")


async def simulator(
    module: str,
    arguments: Sequence[str],
    directory: Path,
    hear: Callable[[reports.AnyReport], None],
    stopping: trio.Event,
) -> None:
    """Run one simulator and hand on its reports, until `stopping` and it has ended."""
    log = directory / f"{module}.log"
    with log.open("wb") as output:
        process = await trio.lowlevel.open_process(
            [sys.executable, "-m", f"clients.demo.{module}", "--dir", str(directory), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=output,
            cwd=ROOT,
            start_new_session=True,
        )
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_stop, process, stopping)
            await _read(process, hear)
            nursery.cancel_scope.cancel()
    finally:
        await end(process, SIMULATOR_ENDS_WITHIN_S)
    if not stopping.is_set() or process.returncode:
        said = _last_lines(log) or f"exit code {process.returncode}"
        hear(reports.Failed(module, f"ended by itself: {said}"))


def health(port: int) -> str:
    """Ask the server how it is: `green`, or why it is not. Blocks for a moment."""
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        said = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return "sin respuesta · no answer"
    finally:
        connection.close()
    return ", ".join([*said["reasons"], *said["warnings"]]) or str(said["status"])


def free_port(wanted: int) -> int:
    """Return the wanted port, or any free one if it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    raise DemoFailed("this machine has no free port")


def _environment() -> dict[str, str]:
    # The demo's server is its own: no setting of another installation may reach it.
    return {name: value for name, value in os.environ.items() if not name.startswith("CUADRANTE_")}


def _locked(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _answers(process: trio.Process, port: int, log: Path, good: Sequence[int]) -> None:
    """Wait until a part of the server answers with a good status."""
    with trio.move_on_after(READY_WITHIN_S):
        while process.poll() is None:
            if await trio.to_thread.run_sync(_status, port) in good:
                return
            await trio.sleep(PROBE_EVERY_S)
    raise DemoFailed(f"the server did not come up; its last words:\n{_last_lines(log)}")


def _status(port: int) -> int:
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return 0
    finally:
        connection.close()


async def _stop(process: trio.Process, stopping: trio.Event) -> None:
    await stopping.wait()
    assert process.stdin is not None  # noqa: S101 - it was piped
    await process.stdin.aclose()


async def _read(process: trio.Process, hear: Callable[[reports.AnyReport], None]) -> None:
    assert process.stdout is not None  # noqa: S101 - it was piped
    rest = b""
    async for chunk in process.stdout:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            report = reports.read(line)
            if report is not None:
                hear(report)


async def end(process: trio.Process, within_s: float) -> None:
    """Ask a process to end by closing its input, and see to it that it does."""
    with trio.CancelScope(shield=True):
        if process.stdin is not None:
            await process.stdin.aclose()
        with trio.move_on_after(within_s):
            await process.wait()
            return
        process.kill()
        await process.wait()


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LAST_LINES:])

"""The real server, as an operator runs it, with a city enrolled."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psutil

from bench.city import City, enrol_city
from bench.failures import DoesNotStart
from bench.target import Target, end
from dispatch.settings import PREFIX
from dispatch.supervise.postgres import embedded_postgres

PROGRAM: Final = Path(__file__).resolve().parents[1] / "server.py"
STARTS_WITHIN_S: Final = 90.0
LOOK_EVERY_S: Final = 0.05
CHILDREN: Final = {"postgres", "core", "console", "gateway", "push"}
OF_THE_CORE: Final = {
    "journal": "dispatch.journal.log_program",
    "drain": "dispatch.journal.drain_program",
}
BESIDE: Final = (
    "CONSOLE_PORT",
    "GATEWAY_PANEL_PORT",
    "GATEWAY_BUTTON_PORT",
    "GATEWAY_METRICS_PORT",
    "PUSH_METRICS_PORT",
)
"""Ports that are not measured: any free one."""
PING: Final = b'{"type":"ping"}'


@contextmanager
def cuadrante(city: City, name: str = "cuadrante", program: Path = PROGRAM) -> Iterator[Target]:
    """Run `server.py run` on data of its own: PostgreSQL, journal and authentication as always.

    Raises `DoesNotStart`, `EmbeddedPostgresError`, `PostgresMissingError`.
    """
    # Not inside another program's folder: PostgreSQL is another user's when this runs as root.
    with tempfile.TemporaryDirectory(prefix="cuadrante-bench-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        with embedded_postgres(folder / "var" / "postgres") as dsn:
            asyncio.run(enrol_city(dsn, city, folder))
        port = free_port()
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(PREFIX)},
            PREFIX + "DATA_DIR": str(folder / "var"),
            **dict.fromkeys((PREFIX + name for name in BESIDE), "0"),
            PREFIX + "PORT": str(port),
        }
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, str(program.absolute()), "run"],
                cwd=folder,
                env=environment,
                stderr=log,
            )
        try:
            children = _children(process, folder / "log")
            yield Target(
                name,
                ("127.0.0.1", port),
                "cuadrante",
                lambda: (children["core"],),
                ping=PING,
                closes=True,
                beside={"postgres": children["postgres"], **_of_the_core(children["core"])},
            )
        finally:
            end(process)


def _children(process: "subprocess.Popen[bytes]", log: Path) -> dict[str, int]:
    """Wait until all of its processes are ready; returns their ids."""
    give_up_s = time.monotonic() + STARTS_WITHIN_S
    while process.poll() is None and time.monotonic() < give_up_s:
        lines = [line for line in log.read_bytes().splitlines() if b'"child_ready"' in line]
        ready = {str(said["child"]): int(said["pid"]) for said in map(json.loads, lines)}
        if ready.keys() >= CHILDREN:
            return ready
        time.sleep(LOOK_EVERY_S)
    raise DoesNotStart("the server does not start:\n" + last_words(log))


def _of_the_core(pid: int) -> dict[str, int]:
    """The processes that the core has started itself, by what they do."""
    return {
        name: child.pid
        for child in psutil.Process(pid).children()
        for name, module in OF_THE_CORE.items()
        if module in child.cmdline()
    }


def last_words(log: Path, lines: int = 20) -> str:
    """The end of what a program said."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def free_port() -> int:
    """A port that nobody has, and that the system gives to nobody else soon."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

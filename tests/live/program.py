"""`server.py run` as a real process, a small city in it, and its commands."""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import asyncpg
import psutil

from dispatch.settings import PREFIX
from dispatch.supervise.postgres import dsn
from protocol import PATH
from protocol.messages import Position
from tests.patience import PATIENCE_S

PROGRAM: Final = Path(__file__).resolve().parents[2] / "server.py"
AREAS: Final = 90
"""One for each test that asks for one, and some to spare."""
APPS: Final = 4


class Area:
    """Two quadrants side by side and far from all others, with people and patrols of their own.

    Each test takes one, so that what it leaves open concerns no other test.
    """

    def __init__(self, number: int) -> None:
        row, column = divmod(number, 8)
        self.south, self.west = 4.60 + 0.05 * row, -74.10 + 0.05 * column
        self.name = f"{number:02}"
        self.quadrant, self.neighbour = f"Q-{self.name}-A", f"Q-{self.name}-B"
        self.apps = tuple(f"app-{self.name}-{at}" for at in range(APPS))
        self.patrols = tuple(f"patrol-{self.name}-{at}" for at in range(2))
        """Of the quadrant."""
        self.stranger = f"patrol-{self.name}-b"
        """The neighbour's patrol."""
        self.button = f"button-{self.name}"
        """Enrolled at a registered place within the quadrant."""

    def spot(self, at: int = 0) -> Position:
        """A place well within the quadrant; others are 220 m away from one another."""
        row, column = divmod(at, 4)
        return Position(
            lat=round(self.south + 0.001 + 0.002 * row, 6),
            lon=round(self.west + 0.001 + 0.002 * column, 6),
            accuracy_m=5,
        )

    def features(self) -> list[dict[str, Any]]:
        return [
            {
                "type": "Feature",
                "properties": {"CODE": code, "NAME": f"Cuadrante {code}"},
                "geometry": {
                    "type": "Polygon",
                    "coordinates": [
                        [
                            [self.west + 0.01 * (shift + dx), self.south + 0.01 * dy]
                            for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))
                        ]
                    ],
                },
            }
            for shift, code in enumerate((self.quadrant, self.neighbour))
        ]

    def devices(self) -> list[dict[str, Any]]:
        spot = {"lat": self.spot().lat, "lon": self.spot().lon, "address": "Calle 1 # 2-3"}
        return [
            *({"device_id": each, "role": "app", "name": f"Ana {each}"} for each in self.apps),
            {"device_id": self.button, "role": "button", "name": "Botón", "spot": spot},
            *(
                {"device_id": each, "role": "patrol", "name": each, "quadrant": quadrant}
                for each, quadrant in (
                    *((each, self.quadrant) for each in self.patrols),
                    (self.stranger, self.neighbour),
                )
            ),
        ]


class Program:
    """One `server.py run`: its processes, what it logged, and commands beside it."""

    def __init__(self, **settings: object) -> None:
        # Not under pytest's directory: PostgreSQL is another user's when the tests run as root.
        self.home = Path(tempfile.mkdtemp(prefix="cuadrante-live-"))
        self.lines: list[str] = []
        self.port, self.console_port = free_port(), free_port()
        """The same after a restart, so that clients find it again."""
        self.codes: dict[str, str] = {}
        self.tokens: dict[str, str] = {}
        self.areas = [Area(number) for number in range(AREAS)]
        self.free_areas = list(self.areas)
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(PREFIX)},
            "CUADRANTE_DATA_DIR": str(self.home / "var"),
            "CUADRANTE_PORT": str(self.port),
            "CUADRANTE_CONSOLE_PORT": str(self.console_port),
            "CUADRANTE_CONNECTIONS_MAX": "200",
            "CUADRANTE_GATEWAY_PANEL_PORT": "0",
            "CUADRANTE_GATEWAY_BUTTON_PORT": "0",
            "CUADRANTE_GATEWAY_METRICS_PORT": "0",
            "CUADRANTE_PUSH_METRICS_PORT": "0",
            **{PREFIX + name.upper(): str(value) for name, value in settings.items()},
        }
        self._changed = threading.Condition()
        self.process: subprocess.Popen[str] | None = None

    def take_area(self) -> Area:
        """An area that no other test has."""
        assert self.free_areas, "more tests than areas: raise AREAS"
        return self.free_areas.pop()

    # --- its life ---------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.end()
        shutil.rmtree(self.home, ignore_errors=True)

    def start(self) -> None:
        """Start it and wait until it serves."""
        mark = self.mark()
        self.process = subprocess.Popen(
            [sys.executable, str(PROGRAM), "run"],
            cwd=self.home,
            env=self._environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()
        self.wait_ready("core", mark)

    def end(self) -> int:
        """Ask it to stop; whatever it does, no process of it is left. Returns its exit code."""
        process = self.process
        assert process is not None
        descendants = self.descendants()
        if process.poll() is None:
            process.terminate()
        try:
            return process.wait(PATIENCE_S)
        finally:
            for each in (
                (psutil.Process(process.pid), *descendants) if process.poll() is None else ()
            ):
                each.kill()

    def descendants(self) -> list[psutil.Process]:
        assert self.process is not None
        try:
            return psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                with self._changed:
                    self.lines.append(line)
                    self._changed.notify_all()

    # --- what it logs -----------------------------------------------------------------------------

    def mark(self) -> int:
        """A place in the log, to wait for what comes after it."""
        return len(self.lines)

    def wait_logged(
        self, is_it: Callable[[dict[str, Any]], bool], since: int = 0
    ) -> dict[str, Any]:
        """Wait for a line of the log. Raises `TimeoutError`, with the log."""
        give_up_at_s = time.monotonic() + PATIENCE_S
        with self._changed:
            while True:
                for line in self.lines[since:]:
                    if line.startswith("{") and is_it(said := json.loads(line)):
                        return dict(said)
                since = len(self.lines)
                left_s = give_up_at_s - time.monotonic()
                if left_s <= 0 or not self._changed.wait(left_s):
                    raise TimeoutError("".join(self.lines[-40:]))

    def wait_ready(self, child: str, since: int = 0) -> dict[str, Any]:
        """Wait until a child is ready; its `pid` and `details` are in what is returned."""
        return self.wait_logged(
            lambda said: said["event"] == "child_ready" and said["child"] == child, since
        )

    def pid_of(self, child: str) -> int:
        """The process id of a child as it runs now."""
        ready = [
            json.loads(line)
            for line in self.lines
            if line.startswith("{") and '"child_ready"' in line
        ]
        return int([said["pid"] for said in ready if said["child"] == child][-1])

    # --- commands beside it -----------------------------------------------------------------------

    def command(self, *arguments: str, exits: int = 0, stdin: str = "") -> str:
        """Run one of its commands to the end and return what it printed."""
        done = subprocess.run(
            [sys.executable, str(PROGRAM), *arguments],
            cwd=self.home,
            env=self._environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
        assert done.returncode == exits, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout if exits == 0 else done.stderr

    def import_edition(self, edition: str) -> None:
        path = self.home / f"{edition}.geojson"
        features = [feature for area in self.areas for feature in area.features()]
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        fields = ("--edition", edition, "--code-field", "CODE", "--name-field", "NAME")
        self.command("import", "quadrants", str(path), *fields)

    def settle(self) -> None:
        """Bring in the quadrants and the devices, with a code for each."""
        self.import_edition("live-1")
        devices = [device for area in self.areas for device in area.devices()]
        devices += [
            {"device_id": "operator", "role": "operator", "name": "Sala"},
            {"device_id": "supervisor", "role": "supervisor", "name": "Supervisión"},
        ]
        registry = self.home / "registry.json"
        registry.write_text(json.dumps({"devices": devices}))
        self.command("import", "registry", str(registry))
        self.command("enrol", "--all", "--json", str(self.home / "codes.json"))
        self.codes = json.loads((self.home / "codes.json").read_text())

    def enrol(self, device_id: str, *options: str) -> str:
        """Issue a code for a device with the command that an operator uses."""
        return self.command("enrol", device_id, *options).split()[-1]

    # --- its database -----------------------------------------------------------------------------

    def fetch(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        async def fetch() -> list[tuple[Any, ...]]:
            connection = await asyncpg.connect(dsn(self.home / "var" / "postgres"))
            try:
                return [tuple(row) for row in await connection.fetch(query, *values)]
            finally:
                await connection.close()

        return asyncio.run(fetch())

    @property
    def console_url(self) -> str:
        return f"http://localhost:{self.console_port}"

    @property
    def url(self) -> str:
        scheme = "wss" if PREFIX + "TLS_KEY" in self._environment else "ws"
        return f"{scheme}://localhost:{self.port}{PATH}"


def free_port() -> int:
    """A port that nobody has, and that the system gives to nobody else soon."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def are_gone(processes: Sequence[psutil.Process]) -> float:
    """Wait until none of the processes is left. Returns the seconds that it took."""
    started_s = time.monotonic()
    _, alive = psutil.wait_procs(processes, timeout=PATIENCE_S)
    assert not alive, alive
    return time.monotonic() - started_s

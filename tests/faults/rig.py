"""PostgreSQL and the core, each a process that a fault can be done to without the other.

`server.py run` would start them again after a while of its own choosing, and give up on a core that
is killed again and again; here that is the fault's business.
"""

import http.client
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import psutil
import trio

from dispatch.journal.log_child import COMMAND as LOG_COMMAND
from dispatch.settings import PREFIX
from dispatch.supervise.postgres import answers, dsn
from dispatch.supervise.ready import READY_FD
from tests.faults.ledger import PATIENCE_S
from tests.faults.load import Caller, Handheld, Plan
from tests.live.devices import credentials
from tests.live.program import APPS, PROGRAM, Area, Program, free_port

AREAS_MAX: Final = 10
SLOW_READER: Final = "operator"
"""Whoever reads slowly should be sent much: a control room is sent everything."""
POLL_S: Final = 0.02
"""For what only tells when asked."""


class Rig(Program):
    """One PostgreSQL for all faults; a core for each, with a journal of its own."""

    def __init__(self) -> None:
        super().__init__(connections_max=1_000)
        self._environment[PREFIX + "DSN"] = dsn(self.postgres_dir)
        self.data_dir = self.home / "first"
        self.core: subprocess.Popen[str] | None = None
        self._core_environment: dict[str, str] = {}
        self._core_inside: tuple[str, ...] = ()
        self._postgres: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start both, and bring in the city."""
        self.start_postgres()
        self.start_core()
        self.settle()
        areas = (*self.load_areas, self.free_area)
        devices = [each for area in areas for each in (*area.apps, *area.patrols)]
        trio.run(self._enrol_all, [*devices, SLOW_READER])

    def end(self) -> int:
        """End both at once: nothing that they hold is wanted any more."""
        self.kill_core()
        self.kill_postgres()
        return 0

    @property
    def load_areas(self) -> list[Area]:
        """The areas of the load, at most."""
        return self.areas[:AREAS_MAX]

    @property
    def free_area(self) -> Area:
        """An area that the load leaves alone."""
        return self.areas[-1]

    def plan(self, areas: int, per_s: float, url: str = "") -> Plan:
        """Return who presses and who answers: each of a quadrant's two handhelds for two apps."""
        there = self.load_areas[:areas]
        callers = tuple(
            Caller(area.apps[at], self.tokens[area.apps[at]], area.spot(at), area.patrols[at // 2])
            for at in range(APPS)
            for area in there
        )
        handhelds = tuple(
            Handheld(each, self.tokens[each]) for area in there for each in area.patrols
        )
        return Plan(url or self.url, per_s, callers, handhelds)

    async def _enrol_all(self, device_ids: list[str]) -> None:
        async with trio.open_nursery() as nursery:
            at_once = trio.CapacityLimiter(10)

            async def enrol(device_id: str) -> None:
                async with at_once:
                    await credentials(self, device_id)

            for device_id in device_ids:
                nursery.start_soon(enrol, device_id)

    # --- the core -------------------------------------------------------------------------------

    @property
    def journal(self) -> Path:
        return self.data_dir / "journal" / "journal.sqlite"

    @property
    def core_pid(self) -> int:
        assert self.core is not None
        return self.core.pid

    def start_core(self) -> float:
        """Start it and wait until it serves. Returns the seconds that it took."""
        started_s = time.monotonic()
        ready, said_ready = os.pipe()
        environment = {
            **self._environment,
            PREFIX + "DATA_DIR": str(self.data_dir),
            READY_FD: str(said_ready),
            **self._core_environment,
        }
        self.core = subprocess.Popen(
            [*self._core_inside, sys.executable, str(PROGRAM), "core"],
            cwd=self.home,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=(said_ready,),
        )
        os.close(said_ready)
        threading.Thread(target=self._listen, args=(self.core,), daemon=True).start()
        with os.fdopen(ready, "rb") as pipe:
            heard, _, _ = select.select([pipe], [], [], PATIENCE_S)
            if not heard or not pipe.readline():
                raise TimeoutError("the core does not start:\n" + "".join(self.lines[-20:]))
        return time.monotonic() - started_s

    def kill_core(self) -> None:
        assert self.core is not None
        self.core.kill()
        self.core.wait(PATIENCE_S)

    def kill_log(self) -> None:
        """Kill -9 of the process that keeps the core's log, as soon as there is one."""

        def killed() -> bool:
            for child in psutil.Process(self.core_pid).children():
                if LOG_COMMAND[-1] in child.cmdline():
                    child.kill()
                    return True
            return False

        until("the core has another log process", killed)

    @contextmanager
    def core_held(self) -> Iterator[None]:
        """SIGSTOP the core and all that it started, for as long as the block lasts."""
        with held(family(self.core_pid)):
            yield

    @contextmanager
    def another_core(
        self,
        name: str,
        environment: Mapping[str, str] | None = None,
        inside: tuple[str, ...] = (),
    ) -> Iterator[None]:
        """Have a core with a journal of its own, for as long as the block lasts.

        `inside`: what to put before its command, to run it somewhere else.
        """
        self.kill_core()
        self.data_dir = self.home / name
        self._core_environment = dict(environment or {})
        self._core_inside = inside
        self.port = free_port()
        self._environment[PREFIX + "PORT"] = str(self.port)
        self.data_dir.mkdir(mode=0o700, exist_ok=True)
        (self.data_dir / "journal").mkdir(mode=0o700, exist_ok=True)
        try:
            self.start_core()
            yield
        finally:
            self.kill_core()
            self._core_environment, self._core_inside = {}, ()

    def health(self) -> dict[str, Any]:
        """What `/healthz` says."""
        return dict(json.loads(self._page("/healthz")))

    def _page(self, path: str) -> bytes:
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            link.request("GET", path)
            return link.getresponse().read()
        finally:
            link.close()

    def wait_health(self, reason: str, is_there: bool = True) -> None:
        """Wait until a reason for red is given, or no longer is. Raises `TimeoutError`."""
        until(
            f"health {reason}: {is_there}", lambda: (reason in self.health()["reasons"]) is is_there
        )

    @property
    def core_bytes(self) -> int:
        """Its memory, as it is in the machine's."""
        return int(psutil.Process(self.core_pid).memory_info().rss)

    # --- PostgreSQL -----------------------------------------------------------------------------

    @property
    def postgres_dir(self) -> Path:
        return self.home / "var" / "postgres"

    def start_postgres(self) -> None:
        self.postgres_dir.parent.mkdir(exist_ok=True)
        self._postgres = subprocess.Popen(
            [sys.executable, "-m", "dispatch.supervise.postgres_run", str(self.postgres_dir)],
            cwd=PROGRAM.parent,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until("PostgreSQL answers", lambda: answers(self.postgres_dir))

    def kill_postgres(self) -> None:
        """Kill -9 all of it at once, as the kernel does when memory runs out."""
        for process in self._postgres_processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        assert self._postgres is not None
        self._postgres.wait(PATIENCE_S)

    @contextmanager
    def postgres_stopped(self) -> Iterator[None]:
        """SIGSTOP: it takes connections and answers nothing."""
        with held(self._postgres_processes()):
            yield

    def _postgres_processes(self) -> list[psutil.Process]:
        assert self._postgres is not None
        return family(self._postgres.pid)


def family(pid: int) -> list[psutil.Process]:
    """A process, and all that it started."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


@contextmanager
def held(processes: list[psutil.Process]) -> Iterator[None]:
    """Keep processes from doing anything (SIGSTOP) for as long as the block lasts."""
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.resume()


def until(what: str, is_so: Any) -> None:
    """Ask again and again, within a bound. Raises `TimeoutError`."""
    give_up_s = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > give_up_s:
            raise TimeoutError(f"not within {PATIENCE_S:g} s: {what}")
        time.sleep(POLL_S)

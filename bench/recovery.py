"""How soon a core that is started again dispatches, with open alerts and without PostgreSQL.

    python -m bench.recovery --alerts 10000 --devices 30000

A real `server.py core` is started on a journal of that many open alerts, each of which fell due
while it was away, and a copy of that many devices; PostgreSQL is dead, or with `--postgres` alive
and of the same mind as the copy. The clock runs from the start of the process until a new press is
on a handheld. Then each part once more, by itself. As in any installation that has run once,
Python finds its bytecode; a first start that is not counted sees to that.
"""

import argparse
import asyncio
import gc
import json
import math
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar

from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from bench.locate import MADE_UP_CITY, made_up_edition
from clients.uuid7 import new_signal_id
from dispatch.core.credentials import digest
from dispatch.core.dispatcher import Dispatcher
from dispatch.core.effects import Append
from dispatch.core.events import Received
from dispatch.core.locate import Locator
from dispatch.core.moment import Moment
from dispatch.core.registry import Device, Person, Registry
from dispatch.edge.clock import read_clock
from dispatch.journal.local_log import LocalLog
from dispatch.journal.recover import recover, this_boot
from dispatch.settings import PREFIX, Settings
from dispatch.store.mark import Mark, read_mark
from dispatch.store.migrate import migrate
from dispatch.store.pool import BULK_DEADLINE_S, connected, open_pool
from dispatch.store.quadrants_copy import read_quadrants
from dispatch.store.registry_copy import RegistryCopy, load_copy
from dispatch.supervise.postgres import embedded_postgres
from protocol import PATH, SUBPROTOCOL
from protocol.codec import decode_server, encode
from protocol.messages import (
    Alert,
    AnyServerMessage,
    ClientMessage,
    Hello,
    Position,
    Signal,
    Welcome,
)
from protocol.vocabulary import Kind, Role

SERVER: Final = Path(__file__).resolve().parents[1] / "server.py"
FILL: Final = """
WITH filled AS (
    INSERT INTO people (person_id, name) SELECT 'person-' || n, 'Persona ' || n
    FROM generate_series(1, $1::int) AS n RETURNING person_id
)
INSERT INTO devices (device_id, role, name, person_id)
SELECT 'app-' || n, 'app', 'Celular ' || n, 'person-' || n FROM generate_series(1, $1::int) AS n
"""
DEAD_DSN: Final = "postgresql://nobody@127.0.0.1:1/none"
AWAY_S: Final = 600.0
APART_MIN_M: Final = 200.0
"""Nearer alerts would be one."""
ALERTS_MAX: Final = 20_000
M_PER_DEG: Final = 111_000.0
TOKEN: Final = "bench-token"  # noqa: S105 - of a made-up city
PATROL: Final = "patrol"
SENDER: Final = "sender"
PATIENCE_S: Final = 60.0
ROUNDS: Final = 5

T = TypeVar("T")


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.recovery", description=__doc__)
    parser.add_argument("--alerts", type=int, default=10_000, help="open alerts in the journal")
    parser.add_argument("--devices", type=int, default=30_000, help="devices in the registry")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="starts to measure")
    parser.add_argument("--postgres", action="store_true", help="with PostgreSQL alive")
    parser.add_argument("--json", metavar="PATH", help="write the figures as JSON too; - is stdout")
    args = parser.parse_args(argv)
    if not 1 <= args.alerts <= min(args.devices, ALERTS_MAX):
        parser.error(f"--alerts: at least 1, at most {ALERTS_MAX} and one for each device")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cuadrante-bench-")))
        dsn = stack.enter_context(embedded_postgres(folder / "pg")) if args.postgres else DEAD_DSN
        prepared = _settings(folder / "var", dsn)
        mark = asyncio.run(fill(dsn, args.devices)) if args.postgres else Mark(1, 1)
        place = prepare(prepared, mark, args.alerts, args.devices)
        starts = [start(prepared, place) for _ in range(1 + args.rounds)][1:]
        parts = [measure_parts(prepared) for _ in range(args.rounds)]
    figures = {
        "alerts": args.alerts,
        "devices": args.devices,
        "postgres": "alive" if args.postgres else "dead",
        "start_ms": _medians(starts),
        "start_total_ms": sorted(round(sum(each.values())) for each in starts),
        "parts_ms": _medians(parts),
    }
    if args.json == "-":
        print(json.dumps(figures, indent=2))
        return 0
    print("\n".join(lines(figures)))
    if args.json:
        Path(args.json).write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return 0


# --- what a former run left ---------------------------------------------------------------------


async def fill(dsn: str, devices: int) -> Mark:
    """Give PostgreSQL as many people and devices as the copy has; return where it stands."""
    async with open_pool(dsn) as pool:
        await migrate(pool)
        async with connected(pool, BULK_DEADLINE_S) as connection:
            await connection.execute(FILL, devices)
            return await read_mark(connection)


def prepare(settings: Settings, mark: Mark, alerts: int, devices: int) -> Position:
    """Write the copy of a registry and a journal, as a core that ran would have left them.

    Returns a place of the quadrant that is patrolled.
    """
    registry = Registry(Locator(made_up_edition()), _things(devices))
    patrolled = registry.locator.edition.quadrants[0]
    registry.apply(
        Device(PATROL, Role.PATROL, "Patrulla", quadrant=patrolled.code, token_hash=digest(TOKEN))
    )
    registry.apply(Device(SENDER, Role.APP, "Ana", token_hash=digest(TOKEN)))
    asyncio.run(RegistryCopy(settings.registry_folder, registry, mark).save())
    log = _journal(settings)
    clock = read_clock()
    raised = Moment(clock.mono_s - AWAY_S, clock.wall_ms - int(AWAY_S * 1000))
    dispatcher = Dispatcher(registry, this_boot())
    for number, place in enumerate(_places(alerts)):
        signal = Signal(new_signal_id(), Kind.PANIC, raised.wall_ms, place)
        event = Received(f"app-{number}", signal, raised.wall_ms)
        for effect in dispatcher.handle(event, raised):
            if isinstance(effect, Append):
                log.append(effect.entries)
    if dispatcher.city.board.open_count != alerts:
        raise SystemExit("the made-up presses do not make as many alerts")
    if not log.close(PATIENCE_S):
        raise SystemExit("the disk does not take the journal")
    inside = patrolled.polygon.representative_point()
    return Position(lat=inside.y, lon=inside.x, accuracy_m=5)


def _things(devices: int) -> Iterator[Person | Device]:
    for number in range(devices):
        yield Person(f"person-{number}", f"Persona número {number}", f"300 {number:07}")
    for number in range(devices):
        yield Device(
            f"app-{number}",
            Role.APP,
            f"Celular {number}",
            f"person-{number}",
            token_hash=digest(f"token-{number}"),
        )


def _places(count: int) -> Iterator[Position]:
    """A grid over the city."""
    west, south, east, north = MADE_UP_CITY
    step = math.sqrt((east - west) * (north - south) / count) * 0.99
    if step * M_PER_DEG < APART_MIN_M:
        raise SystemExit(f"{count} alerts do not fit into the made-up city")
    columns = int((east - west) / step)
    for number in range(count):
        row, column = divmod(number, columns)
        yield Position(lat=south + row * step, lon=west + column * step, accuracy_m=5)


def _settings(data_dir: Path, dsn: str, port: int = 0) -> Settings:
    return Settings.model_validate({"data_dir": data_dir, "dsn": dsn, "port": port})


def _moved(settings: Settings, data_dir: Path, port: int = 0) -> Settings:
    return settings.model_copy(update={"data_dir": data_dir, "port": port})


def _journal(settings: Settings) -> LocalLog:
    return LocalLog(
        settings.journal_file, call_back=lambda _: None, on_stored=print, on_failed=print
    )


# --- a real start -------------------------------------------------------------------------------


def start(prepared: Settings, place: Position) -> dict[str, float]:
    """Start a core on a copy of what was prepared; milliseconds of each stretch of its way."""
    with tempfile.TemporaryDirectory(dir=prepared.data_dir.parent) as folder:
        shutil.copytree(prepared.data_dir, folder, dirs_exist_ok=True)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(PREFIX)},
            "PYTHONDONTWRITEBYTECODE": "",
            **_moved(prepared, Path(folder), port).as_environment(),
        }
        command = [sys.executable, str(SERVER), "core"]
        with Path(folder, "log").open("wb") as log:
            started_s = time.time()
            with subprocess.Popen(command, env=environment, stderr=log) as core:
                try:
                    listening_s, greeted_s, shown_s = _press(port, core, place)
                    at_s = _times(Path(folder, "log"), "recovered")
                finally:
                    core.kill()
    marks = [
        ("registry loaded", at_s["registry_loaded"]),
        ("alerts restored", at_s["recovered"]),
        ("listening", listening_s),
        ("devices greeted", greeted_s),
        ("press shown", shown_s),
    ]
    ends = [started_s, *(at for _, at in marks)]
    return {name: 1e3 * (at - ends[index]) for index, (name, at) in enumerate(marks)}


def _press(
    port: int, core: "subprocess.Popen[bytes]", place: Position
) -> tuple[float, float, float]:
    """When the port was open, both had greeted, and the press was on the handheld."""
    url = f"ws://127.0.0.1:{port}{PATH}"
    first = _first_connection(port, core)
    listening_s = time.time()
    protocols = [Subprotocol(SUBPROTOCOL)]
    with (
        connect(url, sock=first, subprotocols=protocols, compression=None) as patrol,
        connect(url, subprotocols=protocols, compression=None) as sender,
    ):
        _say(patrol, Hello(device_id=PATROL, token=TOKEN, on_duty=True))
        _say(sender, Hello(device_id=SENDER, token=TOKEN))
        _hear(sender, lambda message: isinstance(message, Welcome))
        greeted_s = time.time()
        signal = Signal(new_signal_id(), Kind.FIRE, int(greeted_s * 1000), place)
        _say(sender, signal)
        _hear(
            patrol,
            lambda message: isinstance(message, Alert) and message.alert_id == signal.signal_id,
        )
        return listening_s, greeted_s, time.time()


def _first_connection(port: int, core: "subprocess.Popen[bytes]") -> socket.socket:
    give_up_at_s = time.monotonic() + PATIENCE_S
    while core.poll() is None and time.monotonic() < give_up_at_s:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            time.sleep(0.001)
    raise SystemExit("the core does not start")


def _say(client: ClientConnection, message: ClientMessage) -> None:
    client.send(encode(message), text=True)


def _hear(client: ClientConnection, is_it: Callable[[AnyServerMessage], bool]) -> None:
    while not is_it(decode_server(client.recv(PATIENCE_S, decode=False))):
        pass


def _times(log: Path, last: str) -> dict[str, float]:
    """When each event was first logged, up to `last`: the core logs behind what it does."""
    at_s: dict[str, float] = {}
    give_up_at_s = time.monotonic() + PATIENCE_S
    while last not in at_s and time.monotonic() < give_up_at_s:
        for line in log.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                event = json.loads(line)
                said_s = datetime.fromisoformat(event["timestamp"]).timestamp()
                at_s.setdefault(event["event"], said_s)
    return at_s


# --- its parts ----------------------------------------------------------------------------------


def measure_parts(prepared: Settings) -> dict[str, float]:
    """Milliseconds of what a start does, each by itself, in a process that is warm."""
    spent: dict[str, float] = {}

    def timed(name: str, call: Callable[[], T]) -> T:
        started = time.perf_counter()
        done = call()
        spent[name] = 1e3 * (time.perf_counter() - started)
        return done

    with tempfile.TemporaryDirectory(dir=prepared.data_dir.parent) as folder, _no_collection():
        shutil.copytree(prepared.data_dir, folder, dirs_exist_ok=True)
        settings = _moved(prepared, Path(folder))
        timed("imports", _import_all)
        timed("index alone", lambda: read_quadrants(settings.registry_folder / "quadrants.copy"))
        copy = timed("registry copy", lambda: load_copy(settings.registry_folder))
        if copy is None:
            raise SystemExit("there is no copy")
        registry = timed("registry", lambda: Registry(copy.locator, copy.things))
        log = timed("journal opened", lambda: _journal(settings))
        states = timed("states read", lambda: list(log.newest_states()))
        boot = this_boot()
        alerts = timed("states thawed", lambda: recover(states, read_clock(), boot=boot)).alerts
        dispatcher = Dispatcher(registry, boot)
        timed("alerts restored", lambda: dispatcher.restore(alerts))
        log.close()
    return spent


def _import_all() -> None:
    """In a process of its own, with the interpreter's start."""
    what = "import server, dispatch.commands.parts, dispatch.edge.serve"
    subprocess.run([sys.executable, "-c", what], cwd=SERVER.parent, check=True)


@contextmanager
def _no_collection() -> Iterator[None]:
    """As in a core that starts."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _medians(rounds: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(each[name] for each in rounds), 1) for name in rounds[0]}


def lines(figures: dict[str, Any]) -> Iterator[str]:
    """The figures for people."""
    yield "{alerts:,} open alerts, {devices:,} devices, PostgreSQL {postgres}".format_map(figures)
    totals = figures["start_total_ms"]
    yield (
        f"from the start of the process to a press on a handheld: {statistics.median(totals):,} ms"
        f" (median of {len(totals)}; {totals[0]:,} to {totals[-1]:,})"
    )
    yield from (f"  {name:<16}{spent:>9.1f}" for name, spent in figures["start_ms"].items())
    yield "each part by itself"
    yield from (f"  {name:<16}{spent:>9.1f}" for name, spent in figures["parts_ms"].items())


if __name__ == "__main__":
    raise SystemExit(main())

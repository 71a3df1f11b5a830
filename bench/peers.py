"""The same job on what one would pick instead, in turn with the server.

    python -m bench peers --rate 500 --rounds 2

Each peer is a small honest program in `bench/peer_programs/`, tuned as its own documentation says.
They get it easier: everything in memory, no authentication, no journal, no database, no deadlines.
The ratio is signals a second on one core: the server's over the peer's.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from bench.city import City, plan_city
from bench.cuadrante import cuadrante, free_port
from bench.failures import DoesNotStart
from bench.latency import figures_of, senders_for, warm_up
from bench.machine import machine
from bench.options import options
from bench.peer_programs.rule import PeerScript, cell
from bench.progress import say, write
from bench.score import median
from bench.target import Target, end, listens
from bench.turns import ROUND_S, Arena, arena

PROGRAMS: Final = Path(__file__).with_name("peer_programs")
ROOT: Final = PROGRAMS.parents[1]
STARTS_WITHIN_S: Final = 20.0
QUADRANTS: Final = 120
NODE_SOCKETS: Final = PROGRAMS / "node_modules" / "ws"
INSTALL: Final = "pip install -c constraints.txt -e '.[bench]'"
MOSQUITTO_SETTINGS: Final = """\
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_connections -1
set_tcp_nodelay true
log_type error
"""


class Peer(NamedTuple):
    """How one is started."""

    dialect: str
    commands: Callable[[Path, PeerScript], list[list[str]]]
    """Each a process; the last one is given the script."""
    missing: Callable[[], str]
    """What is not installed, and what to do."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    parser = options("peers", __doc__)
    parser.add_argument("--rate", type=float, default=500.0, help="presses a second")
    parser.add_argument("--rounds", type=int, default=2, help="of each")
    parser.add_argument("--seconds", type=float, default=ROUND_S, help="of a round, at most 5")
    parser.add_argument("--only", choices=PEERS, action="append", help="this peer; may recur")
    args = parser.parse_args(argv)
    figures = measure(args)
    write(figures, args.json)
    return 0 if figures["cuadrante"]["clean"] else 1


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Every figure of `peers`."""
    city = plan_city(quadrants=QUADRANTS, senders=senders_for(args.rate, args.seconds))
    rows: dict[str, dict[str, Any]] = {}
    with ExitStack() as stack:
        say("starting the server and enrolling the city")
        ours = arena(
            stack,
            stack.enter_context(cuadrante(city, program=args.program)),
            city,
            processes=args.processes,
        )
        warm_up(ours, args.rate)
        said = ours.crowd.samples()
        arenas = [ours]
        for name in args.only or PEERS:
            lacks = PEERS[name].missing()
            if lacks:
                say(f"{name}: not measured, {lacks}")
                rows[name] = {"missing": lacks}
                continue
            here = arena(
                stack, stack.enter_context(peer(name, city, said)), city, processes=args.processes
            )
            warm_up(here, args.rate)
            arenas.append(here)
        for number in range(1, args.rounds + 1):
            for here in arenas:
                turn = here.take_turn(args.rate, args.seconds)
                say(f"round {number}, {here.target.name}: {turn.cpu_us:.0f} µs of CPU a signal")
        rows |= {here.target.name: _row(ours, here) for here in arenas[1:]}
        own = figures_of(ours)
    return {
        "bench": "peers",
        "rate": args.rate,
        "rounds": args.rounds,
        "cuadrante": own,
        "peers": rows,
        "machine": machine(),
    }


def _row(ours: Arena, here: Arena) -> dict[str, Any]:
    ratios = [b.cpu_us / a.cpu_us for a, b in zip(ours.turns, here.turns, strict=True)]
    figures = figures_of(here)
    return {
        "ratio": round(median(ratios), 3),
        "ratio_rounds": [round(each, 3) for each in ratios],
        "cpu_us_per_signal": figures["core_cpu_us_per_signal"],
        "signals_per_s_per_core": figures["signals_per_s_per_core"],
        "handheld_ms": figures["handheld_ms"],
        **{name: figures[name] for name in ("sent", "delivered", "lost", "duplicated")},
        **{name: figures[name] for name in ("misrouted", "unanswered", "clean", "surprises")},
    }


@contextmanager
def peer(name: str, city: City, said: dict[str, bytes]) -> Iterator[Target]:
    """Run one of them with a city and what the server says. Raises `DoesNotStart`."""
    with tempfile.TemporaryDirectory(prefix="cuadrante-peer-") as made, ExitStack() as stack:
        folder = Path(made)
        script = script_of(city, said, free_port())
        (folder / "script.json").write_bytes(msgspec.json.encode(script))
        started = []
        for command in PEERS[name].commands(folder, script):
            is_worker = command[-1] == WORKER
            process = stack.enter_context(
                subprocess.Popen(
                    command[:-1] if is_worker else command,
                    cwd=ROOT,
                    stdout=subprocess.PIPE if is_worker else subprocess.DEVNULL,
                )
            )
            stack.callback(end, process)
            started.append(process)
            is_up = bool(process.stdout.readline()) if process.stdout else _answers(script.port)
            if not is_up:
                raise DoesNotStart(f"{name} does not start: {' '.join(command)}")
        pids = tuple(each.pid for each in started)
        yield Target(name, ("127.0.0.1", script.port), PEERS[name].dialect, lambda: pids)


def _answers(port: int) -> bool:
    return listens(("127.0.0.1", port), STARTS_WITHIN_S)


def script_of(city: City, said: dict[str, bytes], port: int) -> PeerScript:
    """What a peer is told of a city; messages as large as the server's."""
    alert, receipt = msgspec.json.decode(said["alert"]), msgspec.json.decode(said["stored"])
    for own in ("type", "alert_id", "version"):
        del alert[own]
    for own in ("type", "signal_id"):
        del receipt[own]
    cells = {
        cell(round(each.lat, 6), round(each.lon, 6)): str(each.quadrant) for each in city.senders
    }
    beats = {each.device_id: str(each.quadrant) for each in city.handhelds}
    return PeerScript(port, beats, cells, alert, receipt)


WORKER: Final = "…"
"""At the end of a command: it says so on stdout when it is ready."""


def _python(module: str, folder: Path) -> list[str]:
    return [sys.executable, "-m", f"bench.peer_programs.{module}", str(folder / "script.json")]


def _mosquitto(folder: Path, script: PeerScript) -> list[list[str]]:
    settings = folder / "mosquitto.conf"
    settings.write_text(MOSQUITTO_SETTINGS.format(port=script.port), encoding="utf-8")
    broker = [_mosquitto_program() or "mosquitto", "-c", str(settings)]
    return [broker, [*_python("mqtt_worker", folder), WORKER]]


def _mosquitto_program() -> str | None:
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")


def _nats(folder: Path, script: PeerScript) -> list[list[str]]:
    broker = [_nats_program() or "nats-server", "-a", "127.0.0.1", "-p", str(script.port)]
    return [broker, [*_python("nats_worker", folder), WORKER]]


def _nats_program() -> str | None:
    return shutil.which("nats-server", path=str(Path(sys.executable).parent))


def _lacks_packages(*names: str) -> str:
    for name in names:
        try:
            version(name)
        except PackageNotFoundError:
            return f"{name} is missing: {INSTALL}"
    return ""


def _lacks_node() -> str:
    if shutil.which("node") is None:
        return "node is missing: apt-get install nodejs npm"
    if not NODE_SOCKETS.is_dir():
        return "ws is missing: npm install --prefix bench/peer_programs --no-package-lock"
    return ""


def _lacks_mosquitto() -> str:
    if _mosquitto_program() is None:
        return "mosquitto is missing: apt-get install mosquitto"
    return _lacks_packages("aiomqtt")


def _lacks_nats() -> str:
    if _nats_program() is None:
        return f"nats-server is missing: {INSTALL}"
    return _lacks_packages("nats-py")


PEERS: Final[dict[str, Peer]] = {
    "node-ws": Peer(
        "cuadrante",
        lambda folder, _: [["node", str(PROGRAMS / "ws_peer.mjs"), str(folder / "script.json")]],
        _lacks_node,
    ),
    "fastapi": Peer(
        "cuadrante",
        lambda folder, _: [_python("fastapi_peer", folder)],
        lambda: _lacks_packages("fastapi", "uvicorn"),
    ),
    "socketio": Peer(
        "socketio",
        lambda folder, _: [_python("socketio_peer", folder)],
        lambda: _lacks_packages("python-socketio", "uvicorn"),
    ),
    "mosquitto": Peer("mqtt", _mosquitto, _lacks_mosquitto),
    "nats": Peer("nats", _nats, _lacks_nats),
}

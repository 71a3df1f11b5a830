"""What the same reads and writes cost at least, and how many times that the server takes.

    python -m bench floor --rate 1000 --idle 1000 --rounds 3

The server and the floor (`bench/floor_program.py`) run in turn, A B A B, with the same generator,
the same connections and frames of the same size; each pair of rounds gives a ratio, and the middle
one counts. The machine's noise is in both, and the floor's own spread says how much there is.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.calls import ID_CHARS
from bench.city import City, plan_city, room_for_idle
from bench.cuadrante import cuadrante
from bench.failures import DoesNotStart
from bench.floor_program import Script
from bench.latency import QUADRANTS, figures_of, senders_for, warm_up
from bench.machine import machine
from bench.options import options
from bench.progress import say, write
from bench.score import judge, median, percentiles_ms
from bench.shard import ALERT, RECEIPT
from bench.target import Target, end
from bench.turns import ROUND_S, Arena, Turn, arena
from dispatch.edge.outbox import frame_text

ROOT: Final = Path(__file__).resolve().parents[1]
NOISY_SPREAD: Final = 0.25
ALIKE: Final = 0.02
"""By how much messages and reads of both may differ and still be called the same."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    parser = options("floor", __doc__)
    parser.add_argument("--rate", type=float, default=1_000.0, help="presses a second")
    parser.add_argument("--idle", type=int, default=1_000, help="connections that do nothing")
    parser.add_argument("--rounds", type=int, default=3, help="of each")
    parser.add_argument("--seconds", type=float, default=ROUND_S, help="of a round, at most 5")
    parser.add_argument("--quadrants", type=int, default=QUADRANTS)
    args = parser.parse_args(argv)
    figures = measure(args)
    write(figures, args.json)
    return 0 if figures["cuadrante"]["clean"] and figures["floor"]["clean"] else 1


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Every figure of `floor`."""
    senders = senders_for(args.rate, args.seconds)
    idle, remarks = room_for_idle(args.idle, quadrants=args.quadrants, senders=senders)
    city = plan_city(quadrants=args.quadrants, senders=senders, idle=idle)
    with ExitStack() as stack:
        say("starting the server and enrolling the city")
        ours = arena(
            stack,
            stack.enter_context(cuadrante(city, program=args.program)),
            city,
            processes=args.processes,
        )
        warm_up(ours, args.rate)
        bare = stack.enter_context(floor(city, ours.crowd.samples()))
        beneath = arena(stack, bare, city, processes=args.processes)
        warm_up(beneath, args.rate)
        for number in range(1, args.rounds + 1):
            turns = [each.take_turn(args.rate, args.seconds) for each in (ours, beneath)]
            say(
                f"pair {number} of {args.rounds}: "
                + " against ".join(f"{turn.cpu_us:.0f} µs" for turn in turns)
            )
        figures = compare(ours, beneath)
    return {
        "bench": "floor",
        "rate": args.rate,
        "idle": idle,
        "rounds": args.rounds,
        **figures,
        "remarks": remarks + figures["remarks"],
        "machine": machine(),
    }


def compare(ours: Arena, beneath: Arena) -> dict[str, Any]:
    """The ratios of pairs of rounds, and what to think of them."""
    cpu = [a.cpu_us / b.cpu_us for a, b in zip(ours.turns, beneath.turns, strict=True)]
    p99 = [_p99(ours, a) / _p99(beneath, b) for a, b in zip(ours.turns, beneath.turns, strict=True)]
    figures = {"cuadrante": figures_of(ours), "floor": figures_of(beneath)}
    floors = [turn.cpu_us for turn in beneath.turns]
    spread = (max(floors) - min(floors)) / median(floors)
    return {
        "ratio": round(median(cpu), 3),
        "ratio_rounds": [round(each, 3) for each in cpu],
        "handheld_p99_ratio": round(median(p99), 3),
        "floor_spread": round(spread, 3),
        "remarks": [
            *_noise(spread),
            *_unlike(figures["cuadrante"], figures["floor"]),
            *(f"{name}: {said}" for name, side in figures.items() for said in side["remarks"]),
        ],
        **figures,
    }


def _p99(here: Arena, turn: Turn) -> float:
    _, latencies = judge(turn.calls, here.city)
    return percentiles_ms(latencies.handheld_us)["p99"]


def _noise(spread: float) -> list[str]:
    if spread < NOISY_SPREAD:
        return []
    return [f"the machine is noisy: the floor alone differs by {spread:.0%} between rounds"]


def _unlike(ours: dict[str, Any], floors: dict[str, Any]) -> list[str]:
    return [
        f"not the same work: {name.replace('_', ' ')} is {ours[name]} here, {floors[name]} there"
        for name in ("messages_in_per_signal", "messages_out_per_signal")
        if abs(ours[name] - floors[name]) > ALIKE * floors[name]
    ]


@contextmanager
def floor(city: City, said: dict[str, bytes]) -> Iterator[Target]:
    """Run the floor with what the real server said. Raises `DoesNotStart`."""
    with tempfile.TemporaryDirectory(prefix="cuadrante-floor-") as made:
        path = Path(made, "script.json")
        path.write_bytes(msgspec.json.encode(script_of(city, said)))
        command = [sys.executable, "-m", "bench.floor_program", str(path)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
            try:
                assert process.stdout is not None  # noqa: S101 - it was piped
                port = process.stdout.readline()
                if not port:
                    raise DoesNotStart("the floor does not start")
                yield Target("floor", ("127.0.0.1", int(port)), "cuadrante", lambda: (process.pid,))
            finally:
                end(process)


def script_of(city: City, said: dict[str, bytes]) -> Script:
    """Who is who, and what was said, as the floor needs it."""
    receipts = (said["receipt"], said["stored"])
    synced = b'{"type":"notice","code":"synced"}'
    return Script(
        {each.device_id: each.quadrant for each in (*city.senders, *city.handhelds)},
        {each.device_id: each.number for each in city.senders},
        frame_text(synced),
        _around(ALERT, said["alert"]),
        tuple(_around(RECEIPT, each) for each in receipts),
        confirmations=1,
    )


def _around(prefix: bytes, message: bytes) -> tuple[bytes, bytes]:
    """A frame in two, without the id that is to stand between."""
    framed = frame_text(message)
    at = framed.index(prefix) + len(prefix)
    return framed[:at], framed[at + ID_CHARS :]

"""Whether a signal costs more in a larger city: connections, open alerts, quadrants, devices.

    python -m bench growth --scale 1.0

For each, two servers that differ in nothing else run in turn, A B A B: the ratio of the CPU per
signal says what growth costs. `--scale` makes the large ones smaller, for machines that are.
"""

import argparse
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from bench.city import City, plan_city
from bench.crowd import Crowd
from bench.cuadrante import cuadrante
from bench.latency import senders_for, warm_up
from bench.machine import machine
from bench.options import options
from bench.progress import say, write
from bench.score import median
from bench.turns import Arena, arena

QUADRANTS: Final = 120
IDLE: Final = 100
ROUND_S: Final = 4.0
HOLD_PER_S: Final = 600.0
HOLD_BATCH: Final = 1_800
"""Raised at once, then accepted, before they would be repeated."""
ALERTS_PER_SENDER: Final = 3


@dataclass(frozen=True, slots=True)
class Dimension:
    """One thing that grows, from its small value to its large one."""

    small: int
    large: int
    city: Callable[[int, int], City]
    """Made of the number of senders and the value."""
    holds: bool = False
    """The value is of alerts that stay open."""


DIMENSIONS: Final = {
    "idle_connections": Dimension(
        100,
        17_000,
        lambda senders, value: plan_city(quadrants=QUADRANTS, senders=senders, idle=value),
    ),
    "open_alerts": Dimension(
        0,
        10_000,
        lambda senders, value: plan_city(
            quadrants=QUADRANTS, senders=senders + -(-value // ALERTS_PER_SENDER) + 2, idle=IDLE
        ),
        holds=True,
    ),
    "quadrants": Dimension(
        120, 3_773, lambda senders, value: plan_city(quadrants=value, senders=senders, idle=IDLE)
    ),
    "devices": Dimension(
        1_000,
        100_000,
        lambda senders, value: plan_city(
            quadrants=QUADRANTS, senders=senders, idle=IDLE, absent=value
        ),
    ),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    parser = options("growth", __doc__)
    parser.add_argument("--rate", type=float, default=500.0, help="presses a second")
    parser.add_argument("--rounds", type=int, default=2, help="of each")
    parser.add_argument("--scale", type=float, default=1.0, help="of the large values")
    parser.add_argument("--only", choices=DIMENSIONS, action="append", help="this; may recur")
    args = parser.parse_args(argv)
    figures = measure(args)
    write(figures, args.json)
    return 0 if all(row["clean"] for row in figures["dimensions"].values()) else 1


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Every figure of `growth`."""
    rows = {name: _dimension(name, args) for name in args.only or DIMENSIONS}
    return {
        "bench": "growth",
        "rate": args.rate,
        "rounds": args.rounds,
        "ratio": max(row["ratio"] for row in rows.values()),
        "remarks": [] if args.scale == 1.0 else [f"the large values are scaled by {args.scale:g}"],
        "dimensions": rows,
        "machine": machine(),
    }


def _dimension(name: str, args: argparse.Namespace) -> dict[str, Any]:
    dimension = DIMENSIONS[name]
    large = max(dimension.small, round(dimension.large * args.scale))
    with ExitStack() as stack:
        # The large one first: whoever is connected has to be heard from within a minute.
        large_one, small_one = (
            _prepared(stack, name, value, args) for value in (large, dimension.small)
        )
        for number in range(1, args.rounds + 1):
            turns = [each.take_turn(args.rate, ROUND_S) for each in (small_one, large_one)]
            say(f"{name}, pair {number}: " + ", ".join(f"{turn.cpu_us:.0f} µs" for turn in turns))
        pairs = zip(small_one.turns, large_one.turns, strict=True)
        ratios = [b.cpu_us / a.cpu_us for a, b in pairs]
        cpu = [median([turn.cpu_us for turn in each.turns]) for each in (small_one, large_one)]
        clean = all(each.judged()[0].is_clean for each in (small_one, large_one))
    return {
        "from": dimension.small,
        "to": large,
        "cpu_us_per_signal": [round(each, 1) for each in cpu],
        "ratio": round(median(ratios), 3),
        "ratio_rounds": [round(each, 3) for each in ratios],
        "clean": clean,
    }


def _prepared(stack: ExitStack, name: str, value: int, args: argparse.Namespace) -> Arena:
    dimension = DIMENSIONS[name]
    needed = senders_for(args.rate, ROUND_S)
    whole = dimension.city(needed, value)
    say(f"{name} {value:,}: starting the server and enrolling")
    target = stack.enter_context(cuadrante(whole, f"{name} {value:,}", args.program))
    # Whoever holds alerts open presses no more: the others do.
    city = msgspec.structs.replace(whole, senders=whole.senders[:needed])
    here = arena(stack, target, city, processes=args.processes)
    if dimension.holds and value:
        holders = whole.senders[needed:]
        crowd = stack.enter_context(Crowd(target.address, target.dialect, holders, processes=1))
        crowd.connect()
        hold_open(here, crowd, value)
    warm_up(here, args.rate)
    return here


def hold_open(here: Arena, holders: Crowd, alerts: int) -> None:
    """Raise so many alerts and have them accepted, so that they stay open and wait for nobody."""
    left = alerts
    while left > 0:
        batch = min(left, HOLD_BATCH)
        holders.call(HOLD_PER_S, batch / HOLD_PER_S)
        here.crowd.hold()
        left -= batch
        say(f"{alerts - left:,} of {alerts:,} alerts are open")

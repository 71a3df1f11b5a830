"""Whether a signal costs more in a larger city: connections, open alerts, quadrants, devices.

    python -m bench growth --scale 1.0

A small city's server runs throughout; beside it, one after the other, those of cities that are
larger in one thing. The two run in turn, A B A B: the ratio of the CPU per signal says what growth
costs. `--scale` makes the large ones smaller, for machines that are.
"""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Final, NamedTuple

import msgspec

from bench.city import City, plan_city
from bench.crowd import Crowd
from bench.cuadrante import cuadrante
from bench.latency import senders_for, warm_up
from bench.machine import machine
from bench.options import options
from bench.progress import say, write
from bench.score import median
from bench.target import Target
from bench.turns import Arena, arena

ROUND_S: Final = 2.0
"""Short, so that the two are measured at nearly the same moment of a noisy machine."""
HOLD_PER_S: Final = 600.0
HOLD_BATCH: Final = 1_800
"""Raised at once, then accepted, before they would be repeated."""
ALERTS_PER_SENDER: Final = 3


class Size(NamedTuple):
    """How large a city is."""

    idle_connections: int
    open_alerts: int
    quadrants: int
    devices: int
    """That are enrolled, and not connected."""


SMALL: Final = Size(100, 0, 120, 1_000)
LARGE: Final = Size(17_000, 10_000, 3_773, 100_000)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    parser = options("growth", __doc__)
    parser.add_argument("--rate", type=float, default=500.0, help="presses a second")
    parser.add_argument("--rounds", type=int, default=5, help="of each")
    parser.add_argument("--scale", type=float, default=1.0, help="of the large values")
    parser.add_argument("--only", choices=Size._fields, action="append", help="this; may recur")
    args = parser.parse_args(argv)
    figures = measure(args)
    write(figures, args.json)
    return 0 if all(row["clean"] for row in figures["dimensions"].values()) else 1


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Every figure of `growth`."""
    with ExitStack() as stack:
        small = _City(stack, SMALL, "the small city", args)
        rows = {name: _dimension(small, name, args) for name in args.only or Size._fields}
    return {
        "bench": "growth",
        "rate": args.rate,
        "rounds": args.rounds,
        "ratio": max(row["ratio"] for row in rows.values()),
        "remarks": [] if args.scale == 1.0 else [f"the large values are scaled by {args.scale:g}"],
        "dimensions": rows,
        "machine": machine(),
    }


def city_of(size: Size, senders: int) -> City:
    """A city of a size in which so many press, beside those who hold its open alerts."""
    holders = -(-size.open_alerts // ALERTS_PER_SENDER) + 2 if size.open_alerts else 0
    return plan_city(
        quadrants=size.quadrants,
        senders=senders + holders,
        idle=size.idle_connections,
        absent=size.devices,
    )


class _City:
    """A city of a size and its server, for as long as the stack lasts."""

    def __init__(self, stack: ExitStack, size: Size, name: str, args: argparse.Namespace) -> None:
        self._size, self._args = size, args
        self._pressing = senders_for(args.rate, ROUND_S)
        self._city = city_of(size, self._pressing)
        say(f"{name}: starting the server and enrolling")
        self._target: Target = stack.enter_context(cuadrante(self._city, name, args.program))

    def connected(self, stack: ExitStack) -> Arena:
        """Connect everybody, for as long as the stack lasts, and open what is to be open."""
        everybody, pressing = self._city.senders, self._pressing
        # Whoever holds alerts open presses no more: the others do.
        city = msgspec.structs.replace(self._city, senders=everybody[:pressing])
        here = arena(stack, self._target, city, processes=self._args.processes)
        if self._size.open_alerts:
            target = self._target
            crowd = Crowd(target.address, target.dialect, everybody[pressing:], processes=1)
            holders = stack.enter_context(crowd)
            holders.connect()
            hold_open(here, holders, self._size.open_alerts)
        warm_up(here, self._args.rate)
        return here


def _dimension(small: _City, name: str, args: argparse.Namespace) -> dict[str, Any]:
    least = getattr(SMALL, name)
    most = max(least, round(getattr(LARGE, name) * args.scale))
    with ExitStack() as stack:
        large = _City(stack, SMALL._replace(**{name: most}), f"{most:,} {name}", args)
        # The large one first: whoever is connected has to be heard from within a minute.
        large_one, small_one = (each.connected(stack) for each in (large, small))
        for number in range(1, args.rounds + 1):
            turns = [each.take_turn(args.rate, ROUND_S) for each in (small_one, large_one)]
            say(f"{name}, pair {number}: " + ", ".join(f"{turn.cpu_us:.0f} µs" for turn in turns))
        pairs = zip(small_one.turns, large_one.turns, strict=True)
        ratios = [b.cpu_us / a.cpu_us for a, b in pairs]
        cpu = [median([turn.cpu_us for turn in each.turns]) for each in (small_one, large_one)]
        verdicts = [each.judged()[0] for each in (small_one, large_one)]
    return {
        "from": least,
        "to": most,
        "cpu_us_per_signal": [round(each, 1) for each in cpu],
        "ratio": round(median(ratios), 3),
        "ratio_rounds": [round(each, 3) for each in ratios],
        "clean": all(verdict.is_clean for verdict in verdicts),
        "verdicts": [msgspec.to_builtins(verdict) for verdict in verdicts],
    }


def hold_open(here: Arena, holders: Crowd, alerts: int) -> None:
    """Raise so many alerts and have them accepted, so that they stay open and wait for nobody."""
    left = alerts
    while left > 0:
        batch = min(left, HOLD_BATCH)
        holders.call(HOLD_PER_S, batch / HOLD_PER_S)
        here.crowd.hold()
        left -= batch
        say(f"{alerts - left:,} of {alerts:,} alerts are open")

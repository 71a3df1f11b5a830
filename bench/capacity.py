"""How many presses a second one core takes: the rate at which p99 to the handheld passes 10 ms.

    python -m bench capacity --start 250 --most 8000

The rate is doubled until p99 is over the limit or presses queue, then the way between is halved.
Each step is a round of its own, beginning and ending at rest.
"""

import argparse
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any, Final

from bench.city import plan_city
from bench.cuadrante import cuadrante
from bench.failures import BenchFailed
from bench.latency import QUADRANTS, senders_for, warm_up
from bench.machine import machine
from bench.options import options
from bench.progress import say, write
from bench.score import judge, percentiles_ms
from bench.turns import Arena, arena

LIMIT_MS: Final = 10.0
STEP_S: Final = 2.0
"""Short, so that what queues at twice the capacity is answered before it is repeated (10 s)."""
BISECTIONS: Final = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    parser = options("capacity", __doc__)
    parser.add_argument("--start", type=float, default=250.0, help="presses a second, at first")
    parser.add_argument("--most", type=float, default=8_000.0, help="presses a second, at most")
    parser.add_argument("--idle", type=int, default=1_000, help="connections that do nothing")
    args = parser.parse_args(argv)
    figures = measure(args)
    write(figures, args.json)
    return 0 if figures["capacity_per_s"] else 1


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Every figure of `capacity`."""
    city = plan_city(quadrants=QUADRANTS, senders=senders_for(args.most, STEP_S), idle=args.idle)
    with ExitStack() as stack:
        say("starting the server and enrolling the city")
        here = arena(
            stack,
            stack.enter_context(cuadrante(city, program=args.program)),
            city,
            processes=args.processes,
        )
        warm_up(here, args.start)
        steps = search(lambda rate: step(here, rate), args.start, args.most)
    taken = [each for each in steps if each["holds"]]
    best = max(taken, key=lambda each: each["rate"], default=None)
    return {
        "bench": "capacity",
        "limit_ms": LIMIT_MS,
        "capacity_per_s": best["rate"] if best else 0,
        "core_cpu_us_per_signal": best["core_cpu_us_per_signal"] if best else None,
        "remarks": [] if len(taken) < len(steps) else ["the limit was not reached: raise --most"],
        "steps": sorted(steps, key=lambda each: each["rate"]),
        "machine": machine(),
    }


def step(here: Arena, rate: float) -> dict[str, Any]:
    """One rate."""
    is_last = False
    try:
        turn = here.take_turn(rate, STEP_S)
    except BenchFailed:  # its alerts could not be closed in time: a next step would lie
        turn, is_last = here.turns[-1], True
    verdict, latencies = judge(turn.calls, here.city)
    handheld = percentiles_ms(latencies.handheld_us)
    figures = {
        "rate": round(rate),
        "is_last": is_last,
        "holds": handheld["p99"] <= LIMIT_MS and verdict.delivered == verdict.sent,
        "p50_ms": handheld["p50"],
        "p99_ms": handheld["p99"],
        "stored_p99_ms": percentiles_ms(latencies.stored_us)["p99"],
        "generator_late_p99_ms": percentiles_ms(latencies.late_us)["p99"],
        "core_cpu_us_per_signal": round(turn.cpu_us, 1),
        "lost": verdict.lost,
        "duplicated": verdict.duplicated,
        "misrouted": verdict.misrouted,
    }
    say(f"{rate:,.0f} presses/s: p99 {handheld['p99']:.1f} ms, {turn.cpu_us:.0f} µs a signal")
    return figures


def search(
    try_rate: Callable[[float], dict[str, Any]], start: float, most: float
) -> list[dict[str, Any]]:
    """Double until it does not hold, then halve the way between what held and what did not."""
    steps = [try_rate(start)]
    while steps[-1]["holds"] and steps[-1]["rate"] * 2 <= most:
        steps.append(try_rate(steps[-1]["rate"] * 2))
    if steps[-1]["holds"] or steps[-1]["is_last"]:
        return steps
    good = max((each["rate"] for each in steps if each["holds"]), default=0.0)
    bad = steps[-1]["rate"]
    for _ in range(BISECTIONS):
        between = try_rate((good + bad) / 2)
        steps.append(between)
        if between["is_last"]:
            break
        good, bad = (between["rate"], bad) if between["holds"] else (good, between["rate"])
    return steps

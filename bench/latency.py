"""How soon a press is on its handhelds, and stored, at a fixed rate.

    python -m bench latency --rate 500 --idle 1000 --seconds 10

Open loop: a press is due when the schedule says so and its latency counts from then, whatever
became of the ones before. Ends with 1 if anything was lost, doubled or shown to others.
"""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Final

from bench.calls import KINDS, Traffic
from bench.city import plan_city, room_for_idle
from bench.crowd import PROCESSES
from bench.cuadrante import cuadrante
from bench.machine import machine
from bench.options import options
from bench.pauses import pauses_of
from bench.progress import say, write
from bench.score import BIN_S, Latencies, curve, judge, median, over_time, percentiles_ms, summary
from bench.turns import Arena, arena, rounds_of

QUADRANTS: Final = 600
WARM_UP_S: Final = 1.0
QUEUES_MS: Final = 500.0
"""A median over this says that presses wait for one another."""
LATE_SHARE: Final = 0.5


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    parser = options("latency", __doc__)
    parser.add_argument("--rate", type=float, default=500.0, help="presses a second")
    parser.add_argument("--idle", type=int, default=1_000, help="connections that do nothing")
    parser.add_argument("--seconds", type=float, default=10.0, help="of presses, in rounds of 5 s")
    parser.add_argument("--quadrants", type=int, default=QUADRANTS)
    args = parser.parse_args(argv)
    figures = measure(args)
    write(figures, args.json)
    return 0 if figures["clean"] else 1


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Every figure of `latency`."""
    rounds = rounds_of(args.seconds)
    senders = senders_for(args.rate, max(rounds))
    idle, remarks = room_for_idle(args.idle, quadrants=args.quadrants, senders=senders)
    city = plan_city(quadrants=args.quadrants, senders=senders, idle=idle)
    with ExitStack() as stack:
        say("starting the server and enrolling the city")
        target = stack.enter_context(cuadrante(city, program=args.program))
        here = arena(stack, target, city, processes=args.processes)
        warm_up(here, args.rate)
        with pauses_of(target.address) as pauses:
            for number, seconds in enumerate(rounds, 1):
                turn = here.take_turn(args.rate, seconds)
                say(f"round {number} of {len(rounds)}: {turn.cpu_us:.0f} µs of CPU a signal")
        figures = {**figures_of(here), **pauses, "curves": curves_of(here)}
    return {
        "bench": "latency",
        "rate": args.rate,
        "idle": idle,
        "seconds": args.seconds,
        **figures,
        "remarks": remarks + figures["remarks"],
        "machine": machine(),
    }


def remarks_on(latencies: Latencies) -> list[str]:
    """What makes these figures worth less than they seem."""
    remarks = []
    handheld, late = percentiles_ms(latencies.handheld_us), percentiles_ms(latencies.late_us)
    if handheld["p50"] > QUEUES_MS:
        remarks.append("presses queue: the rate is beyond what it takes on this machine now")
    if late["p99"] > LATE_SHARE * handheld["p99"]:
        remarks.append(
            f"the generator itself was {late['p99']:g} ms late at p99, of {handheld['p99']:g}: "
            "the machine is too busy, or too small for this rate"
        )
    return remarks


def curves_of(here: Arena) -> dict[str, Any]:
    """What plots are made of."""
    _, latencies = here.judged()
    times: list[list[float]] = []
    for turn in here.turns:
        _, in_turn = judge(turn.calls, here.city)
        began_s = times[-1][0] + BIN_S if times else 0.0
        times += [[began_s + at_s, *values] for at_s, *values in over_time(in_turn)]
    return {
        "handheld": curve(latencies.handheld_us),
        "stored": curve(latencies.stored_us),
        "over_time": times,
    }


def senders_for(rate: float, seconds: float) -> int:
    """How many must stand ready for one round: each has an alert of every kind at most."""
    return max(PROCESSES, -(-int(rate * seconds + PROCESSES) // len(KINDS)) + PROCESSES)


def warm_up(here: Arena, rate: float) -> None:
    """Let caches fill and code specialise; what it shows is not counted."""
    here.take_turn(rate, WARM_UP_S)
    here.turns.clear()


def figures_of(here: Arena) -> dict[str, Any]:
    """What the rounds of one target come to."""
    verdict, latencies = here.judged(stores=here.target.closes)
    traffic = Traffic()
    for turn in here.turns:
        traffic += turn.calls.traffic
    cpu_us = median([turn.cpu_us for turn in here.turns])
    return {
        **summary(verdict, latencies),
        "clean": verdict.is_clean,
        "remarks": remarks_on(latencies),
        "surprises": [each for turn in here.turns for each in turn.calls.surprises][:5],
        "core_cpu_us_per_signal": round(cpu_us, 1),
        "core_cpu_us_per_signal_rounds": [round(turn.cpu_us, 1) for turn in here.turns],
        "signals_per_s_per_core": round(1e6 / cpu_us) if cpu_us else 0,
        **{
            f"{name}_cpu_us_per_signal": round(
                median([t.beside_cpu_us[name] for t in here.turns]), 1
            )
            for name in here.target.beside
        },
        "generator_cpu_us_per_signal": round(median([t.generator_cpu_us for t in here.turns]), 1),
        "messages_in_per_signal": round(traffic.said / verdict.sent, 3),
        "messages_out_per_signal": round((traffic.alerts + traffic.receipts) / verdict.sent, 3),
        "reads_per_signal": round(traffic.reads / verdict.sent, 3),
    }

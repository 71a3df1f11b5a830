"""Everybody is cut off at one moment and comes back, while presses go on.

    python -m bench storm --count 18000 --rate 100

Half of the quadrants, with their handhelds and neighbours, and all idle telephones lose their
connections, and come back as the protocol says (a random wait that grows). Some of the neighbours
press as soon as they are back. In the other half nobody is cut off, and presses go on: what the
storm does to them is `during`; `before` is the same without it.
"""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any, Final

import numpy as np

from bench.calls import Calls, only_own, together
from bench.city import CONNECTIONS_MAX, City, Member, plan_city
from bench.crowd import Crowd
from bench.cuadrante import cuadrante
from bench.failures import BenchFailed
from bench.latency import senders_for, warm_up
from bench.machine import machine
from bench.options import options
from bench.pauses import pauses_of
from bench.progress import say, write
from bench.score import Verdict, judge, percentiles_ms
from bench.target import Target
from bench.turns import Arena, arena

QUADRANTS: Final = 240
ROUND_S: Final = 3.0
PRESS_SHARE: Final = 0.5
"""Of the neighbours who are cut off: so many press as soon as they are back."""
SEED: Final = 20260101


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, and return the exit code."""
    parser = options("storm", __doc__)
    parser.add_argument("--count", type=int, default=18_000, help="connections that are cut")
    parser.add_argument("--rate", type=float, default=100.0, help="presses a second, meanwhile")
    args = parser.parse_args(argv)
    figures = measure(args)
    write(figures, args.json)
    wrong = figures["lost"] or figures["during"]["lost"] or figures["not_stored"]
    return 1 if wrong else 0


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Every figure of `storm`."""
    count = min(args.count, CONNECTIONS_MAX)
    remarks = [f"scaled down to {count:,}: a process may open 20,000 files"]
    senders = 3 * senders_for(args.rate, ROUND_S)  # about half of them stay
    city = plan_city(quadrants=QUADRANTS, senders=senders, idle=max(0, count - QUADRANTS - senders))
    with ExitStack() as stack:
        say("starting the server and enrolling the city")
        figures = strike(
            stack.enter_context(cuadrante(city, program=args.program)),
            city,
            args.rate,
            args.processes,
        )
    return {
        "bench": "storm",
        **figures,
        "remarks": remarks if count < args.count else [],
        "machine": machine(),
    }


def strike(target: Target, city: City, rate: float, processes: int) -> dict[str, Any]:
    """Connect everybody, cut half of them off, and press meanwhile."""
    staying, struck = halves(city)
    with ExitStack() as stack:
        here = arena(stack, target, city, members=staying, processes=1)
        say(f"connecting {len(struck):,} devices that will be cut off")
        crowd = stack.enter_context(
            Crowd(target.address, target.dialect, struck, processes=processes)
        )
        crowd.connect()
        warm_up(here, rate)
        before = here.take_turn(rate, ROUND_S).calls
        with pauses_of(target.address) as pauses:
            crowd.begin_storm(round(crowd.senders * PRESS_SHARE), SEED)
            say("cut off")
            during = _press_meanwhile(here, crowd, rate)
            away_s, returned = crowd.storm_seen()
        crowd.answer()
    say(f"all are back after {max(away_s.values()):.1f} s")
    return {
        "count": len(struck),
        "rate": rate,
        **_figures(city, struck, away_s, returned),
        "before": _presses(before, city),
        "during": _presses(during, city) | pauses,
    }


def halves(city: City) -> tuple[list[Member], list[Member]]:
    """Who stays connected, and who is cut off: quadrants with an odd number, and all idle ones."""
    bound = [*city.senders, *city.handhelds]
    staying = [each for each in bound if each.quadrant % 2 == 0]
    struck = [each for each in bound if each.quadrant % 2]
    return staying, [*struck, *city.idle]


def _press_meanwhile(here: Arena, crowd: Crowd, rate: float) -> Calls:
    """Rounds of presses, as long as somebody is not back yet; at least one."""
    rounds = []
    while True:
        rounds.append(here.crowd.call(rate, ROUND_S))
        if here.crowd.answer():
            raise BenchFailed("alerts of the quiet half could not be closed")
        if not crowd.is_busy():
            return together(rounds)


def _figures(
    city: City, struck: Sequence[Member], away_s: dict[str, float], returned: Calls
) -> dict[str, Any]:
    """How long who was away, and what became of the presses of those who came back.

    While a quadrant's handhelds are away, its neighbours are told: no fault here.
    """
    away = {
        name: [away_s[each.device_id] for each in struck if _group(each) == name]
        for name in ("handheld", "sender", "idle")
    }
    verdict, latencies = judge(returned, city)
    return {
        "all_back_s": round(max(away_s.values()), 2),
        "away_s": {
            name: {f"p{p}": round(float(np.percentile(times, p)), 2) for p in (50, 99, 100)}
            for name, times in away.items()
            if times
        },
        "pressed_on_return": verdict.sent,
        "lost": verdict.lost,
        "shown_to_neighbours": verdict.misrouted,
        "not_stored": verdict.not_stored,
        "return_receipt_ms": percentiles_ms(latencies.receipt_us),
    }


def _group(member: Member) -> str:
    if member.quadrant < 0:
        return "idle"
    return "handheld" if member.role == "patrol" else "sender"


def _presses(calls: Calls, city: City) -> dict[str, Any]:
    verdict, latencies = judge(only_own(calls), city)
    return {
        **_wrong(verdict),
        "handheld_ms": percentiles_ms(latencies.handheld_us),
        "receipt_ms": percentiles_ms(latencies.receipt_us),
        "stored_ms": percentiles_ms(latencies.stored_us),
    }


def _wrong(verdict: Verdict) -> dict[str, int]:
    names = ("sent", "delivered", "lost", "duplicated", "misrouted", "unanswered", "not_stored")
    return {name: getattr(verdict, name) for name in names}

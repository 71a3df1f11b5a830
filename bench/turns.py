"""Rounds: one after the other on one target, or in turn on several, each beginning and ending at
rest, so that what a round cost can be told.

A round is a steady stream of presses: each is shown to two handhelds, both confirm, the sender
hears that it was received, stored and twice delivered. It ends before an alert would be repeated
for want of an answer (10 s). Then every alert is accepted and closed, which is not measured, so
that the next round finds the same city.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

import msgspec

from bench.calls import Calls, together
from bench.city import City, Member
from bench.cpu import cpu_ns, rest, tree_cpu_ns
from bench.crowd import PROCESSES, Crowd
from bench.failures import BenchFailed
from bench.progress import say
from bench.score import Latencies, Verdict, judge
from bench.target import Target

ROUND_S: Final = 5.0
"""With what precedes and follows it, shorter than the 10 s after which an alert is repeated."""


class Turn(msgspec.Struct):
    """One round on one target."""

    calls: Calls
    cpu_us: float
    """Of the target's processes, per press."""
    beside_cpu_us: dict[str, float]
    """Of each that works behind it, per press."""
    generator_cpu_us: float


class Arena:
    """A target with its crowd, connected."""

    def __init__(self, target: Target, city: City, crowd: Crowd) -> None:
        self.target, self.city, self.crowd = target, city, crowd
        self.turns: list[Turn] = []

    def take_turn(self, per_s: float, seconds: float = ROUND_S) -> Turn:
        """One round. Raises `BenchFailed` if alerts cannot be closed after it."""
        target = self.target
        pids = target.pids()
        self.settle()
        before_ns, beside_ns = cpu_ns(pids), self._beside_ns()
        calls = self.crowd.call(per_s, seconds)
        rest(pids)
        presses = len(calls.numbers)
        turn = Turn(
            calls,
            (cpu_ns(pids) - before_ns) / presses / 1e3,
            {
                name: (after_ns - beside_ns[name]) / presses / 1e3
                for name, after_ns in self._beside_ns().items()
            },
            calls.cpu_ns / presses / 1e3,
        )
        self.turns.append(turn)
        if target.closes:
            left = self.crowd.answer()
            if left:
                raise BenchFailed(f"{left} alerts could not be closed: the next round would lie")
            rest(pids)
        else:
            self.crowd.forget()
        return turn

    def settle(self) -> None:
        """Let the connected be heard of, and wait until the target rests."""
        if self.target.ping:
            self.crowd.keep_alive(self.target.ping)
        if not rest(self.target.pids()):
            say(f"{self.target.name} does not come to rest: its figures hold other work too")

    def _beside_ns(self) -> dict[str, int]:
        return {name: tree_cpu_ns(pid) for name, pid in self.target.beside.items()}

    def judged(self, *, stores: bool = True) -> tuple[Verdict, Latencies]:
        """All rounds together."""
        return judge(together([turn.calls for turn in self.turns]), self.city, stores=stores)


def arena(
    stack: ExitStack,
    target: Target,
    city: City,
    *,
    members: Sequence[Member] | None = None,
    processes: int = PROCESSES,
) -> Arena:
    """Connect a city to a target, for as long as the stack lasts."""
    everybody = city.members if members is None else members
    crowd = stack.enter_context(
        Crowd(target.address, target.dialect, everybody, processes=processes)
    )
    say(f"{target.name}: connecting {len(everybody):,} devices")
    crowd.connect()
    return Arena(target, city, crowd)


def rounds_of(seconds: float) -> list[float]:
    """Divide a time into rounds of the same length."""
    count = max(1, -(-int(seconds * 1_000) // int(ROUND_S * 1_000)))
    return [seconds / count] * count

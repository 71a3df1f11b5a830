"""Whether others feel a fault: latencies of windows with it and without it, in turn.

p99 of one short window is its two or three worst presses, so the windows of each side are pooled;
and a machine that others use has slow seconds, so a difference counts only where dealing the same
windows out to the two sides by lot seldom makes as large a one (an exact permutation test: Fisher,
"The Design of Experiments", 1935, section 21). The windows are dealt whole: presses of one slow
second are not independent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from tests.faults.ledger import percentile

FELT_FROM: Final = 1.1
"""A p99 of so many times the usual one is felt."""
CHANCE_MAX: Final = 0.01
"""Unless as much would come about by chance more often than this."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """p99 with the fault as a multiple of p99 without; and how often lots give as much or more."""

    ratio: float
    chance: float

    @property
    def is_felt(self) -> bool:
        """Whether it is more than a tenth, and more than chance."""
        return self.ratio > FELT_FROM and self.chance <= CHANCE_MAX


def compare(without: Sequence[list[float]], with_it: Sequence[list[float]]) -> Comparison:
    """Compare latencies by window. Raises `TimeoutError` if in one of them no press was shown."""
    windows = [*without, *with_it]
    if not all(windows):
        raise TimeoutError("no press was shown")
    everyone = frozenset(range(len(windows)))
    ratio = _ratio(windows, everyone - frozenset(range(len(without))))
    lots = [_ratio(windows, frozenset(dealt)) for dealt in combinations(everyone, len(with_it))]
    return Comparison(ratio, sum(each >= ratio for each in lots) / len(lots))


def _ratio(windows: Sequence[list[float]], dealt: frozenset[int]) -> float:
    """p99 of the windows dealt to the fault, over p99 of the others."""
    with_it = [each for at in dealt for each in windows[at]]
    without = [each for at, window in enumerate(windows) if at not in dealt for each in window]
    with_ms, without_ms = percentile(sorted(with_it), 0.99), percentile(sorted(without), 0.99)
    assert with_ms is not None and without_ms  # noqa: PT018 - no window is empty
    return with_ms / without_ms

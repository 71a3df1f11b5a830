"""Percentiles of what was measured, over the newest samples."""

import math
from collections import deque
from collections.abc import Iterable
from typing import Final

KEPT: Final = 20_000


class Figures:
    """The newest samples of one quantity, and how many there ever were."""

    def __init__(self, kept: int = KEPT) -> None:
        self._newest: deque[float] = deque(maxlen=kept)
        self.count = 0

    def add(self, value: float) -> None:
        """Take a sample."""
        self._newest.append(value)
        self.count += 1

    def percentile(self, share: float) -> float | None:
        """Return the nearest-rank percentile, `share` from 0 to 1. None without a sample."""
        return percentile(self._newest, share)


def percentile(samples: Iterable[float], share: float) -> float | None:
    """Return the smallest sample that at least `share` of all do not exceed (nearest rank)."""
    ordered = sorted(samples)
    if not ordered:
        return None
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

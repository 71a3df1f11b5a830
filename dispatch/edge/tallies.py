"""Counting on the event loop: what happens with each frame is counted in tenths of a microsecond.

prometheus_client's own counters take a lock, for threads that the core does not have here, and
1 to 8 µs each time; a press is counted a dozen times. It reads these, which one thread writes.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from prometheus_client.metrics_core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector


class Tally(Collector):
    """A counter with labels of closed sets."""

    def __init__(self, name: str, meaning: str, labels: Sequence[str] = ()) -> None:
        self.counts: dict[tuple[str, ...], int] = {}
        """How often, by the labels' values."""
        self._name, self._meaning, self._labels = name, meaning, labels
        if not labels:
            self.counts[()] = 0

    def add(self, *values: str) -> None:
        """Count once more what these labels' values name."""
        self.counts[values] = self.counts.get(values, 0) + 1

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Report to Prometheus."""
        family = CounterMetricFamily(self._name, self._meaning, labels=self._labels)
        for values, count in self.counts.items():
            family.add_metric(values, count)
        yield family


class Spread(Collector):
    """A histogram: how many values were at most each bound, and their sum."""

    def __init__(self, name: str, meaning: str, bounds: Sequence[float]) -> None:
        self._name, self._meaning, self._bounds = name, meaning, tuple(bounds)
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def add(self, value: float) -> None:
        """Count one value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._sum += value

    def collect(self) -> Iterator[HistogramMetricFamily]:
        """Report to Prometheus: each bucket holds all that is not above its bound."""
        buckets, so_far = [], 0
        for bound, count in zip((*self._bounds, float("inf")), self._counts, strict=True):
            so_far += count
            buckets.append(("+Inf" if bound == float("inf") else str(float(bound)), so_far))
        family = HistogramMetricFamily(self._name, self._meaning)
        family.add_metric((), buckets, self._sum)
        yield family

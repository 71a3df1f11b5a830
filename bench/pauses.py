"""How long the event loop of the core kept everybody waiting, and the machine a bystander.

The core feels its own pulse (`dispatch/edge/pulse.py`) and counts how late it was: what it counted
during a run is read from its metrics, to the bound of the bucket. The bystander is a process that
does nothing but sleep as often; what it was late is the machine's doing, and not the server's.
"""

import http.client
import multiprocessing
import time
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate, pairwise
from multiprocessing.connection import Connection
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from prometheus_client.parser import text_string_to_metric_families

from dispatch.edge.bounds import METRICS_CACHE_S, PULSE_EVERY_S

LAG: Final = "cuadrante_loop_lag_seconds"
SHARES: Final = {"p50": 0.5, "p99": 0.99, "p999": 0.999, "max": 1.0}
PATIENCE_S: Final = 10.0

Counts = dict[float, int]
"""How many beats were late by at most so many seconds, and by more than the bound before."""


@contextmanager
def pauses_of(address: tuple[str, int]) -> Iterator[dict[str, Any]]:
    """Put what pauses there were during the block into what it is given, at its end."""
    found: dict[str, Any] = {}
    with _bystander() as pipe:
        before = counts_in(_metrics_of(address))
        yield found
        time.sleep(METRICS_CACHE_S)  # so old may metrics be
        after = counts_in(_metrics_of(address))
        pipe.send(None)
        found["loop_pause_ms"] = pauses_ms({each: after[each] - before[each] for each in after})
        found["bystander_pause_ms"] = shares_ms(np.frombuffer(pipe.recv()))


def counts_in(metrics: str) -> Counts:
    """Read how late the beats were out of what the core tells Prometheus."""
    up_to = {-1.0: 0} | {
        float(sample.labels["le"]): int(sample.value)
        for family in text_string_to_metric_families(metrics)
        if family.name == LAG
        for sample in family.samples
        if sample.name.endswith("_bucket")
    }
    return {bound: up_to[bound] - up_to[below] for below, bound in pairwise(sorted(up_to))}


def pauses_ms(counts: Counts) -> dict[str, float | None]:
    """Milliseconds that shares of the beats were late at most; None is over the last bound."""
    bounds = sorted(bound for bound, count in counts.items() if count)
    reached = list(accumulate(counts[bound] for bound in bounds))
    at = {name: np.searchsorted(reached, share * reached[-1]) for name, share in SHARES.items()}
    return {
        name: None if bounds[each] == float("inf") else round(bounds[each] * 1_000, 1)
        for name, each in at.items()
    }


def shares_ms(lags_s: NDArray[np.float64]) -> dict[str, float]:
    """The same, exactly."""
    return {
        name: round(float(np.quantile(lags_s, share)) * 1_000, 1) for name, share in SHARES.items()
    }


def _metrics_of(address: tuple[str, int]) -> str:
    connection = http.client.HTTPConnection(*address, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


@contextmanager
def _bystander() -> Iterator["Connection[None, bytes]"]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=stand_by, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(PATIENCE_S)


def stand_by(pipe: "Connection[bytes, None]") -> None:
    """Sleep until something comes, and answer it with how late each awakening was, in seconds."""
    lags_s = array("d")
    while not pipe.poll(0):
        due_s = time.monotonic() + PULSE_EVERY_S
        time.sleep(PULSE_EVERY_S)
        lags_s.append(time.monotonic() - due_s)
    try:
        pipe.recv()
        pipe.send(lags_s.tobytes())
    except (EOFError, OSError):
        return  # whoever asked is gone

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, generate_latest

from bench.pauses import Counts, counts_in, pauses_ms, shares_ms
from dispatch.edge.pulse import Pulse

INF = float("inf")


def counted(lags_s: list[float]) -> Counts:
    registry, pulse = CollectorRegistry(), Pulse()
    registry.register(pulse.lag_s)
    for at, lag_s in enumerate(lags_s):
        pulse.feel(lag_s, at)
    return counts_in(generate_latest(registry).decode())


@given(st.lists(st.floats(0.0, 4.0), min_size=1))
def test_what_the_core_counted_is_read_to_the_bucket(lags_s: list[float]) -> None:
    counts = counted(lags_s)
    bounds = sorted(counts)
    assert sum(counts.values()) == len(lags_s)
    longest_ms = pauses_ms(counts)["max"]
    assert longest_ms is not None
    above = next(bound for bound in bounds if bound >= max(lags_s))
    assert longest_ms == round(above * 1_000, 1)


def test_shares_of_beats_are_told_apart() -> None:
    assert pauses_ms({0.001: 990, 0.005: 9, 0.02: 1, 1.0: 0, INF: 0}) == {
        "p50": 1.0,
        "p99": 1.0,
        "p999": 5.0,
        "max": 20.0,
    }
    assert pauses_ms({0.001: 1, INF: 1})["max"] is None


def test_what_a_bystander_was_late_is_told_exactly() -> None:
    assert shares_ms(np.array([0.0, 0.001, 0.002])) == {
        "p50": 1.0,
        "p99": 2.0,
        "p999": 2.0,
        "max": 2.0,
    }

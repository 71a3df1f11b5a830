"""Nobody asks faster than allowed, and what is remembered of them is bounded."""

from hypothesis import given
from hypothesis import strategies as st

from dispatch.console.access.throttle import Throttle

BURST, PER_S = 5, 2.0


@given(st.lists(st.floats(0, 3), max_size=60))
def test_in_any_span_no_more_than_the_burst_and_the_rate(waits: list[float]) -> None:
    throttle, now_s, granted = Throttle(BURST, PER_S), 0.0, []
    for wait in waits:
        now_s += wait
        if throttle.spend("a", now_s) == 0:
            granted.append(now_s)
    for at, first in enumerate(granted):
        for count, last in enumerate(granted[at:], start=1):
            assert count <= BURST + PER_S * (last - first) + 1e-6


@given(st.floats(0, 10))
def test_whoever_waits_as_told_may_ask(now_s: float) -> None:
    throttle = Throttle(BURST, PER_S)
    while (wait_s := throttle.spend("a", now_s)) == 0:
        pass
    assert throttle.spend("a", now_s + wait_s + 1e-6) == 0


def test_one_does_not_hold_up_another_and_the_longest_silent_is_forgotten() -> None:
    throttle = Throttle(1, 0.001, remembered_max=2)
    assert throttle.spend("a", 0) == 0
    assert throttle.spend("a", 0) > 0
    assert throttle.spend("b", 0) == 0
    assert throttle.spend("c", 0) == 0
    assert throttle.spend("a", 0) == 0, "forgotten for c"
    assert throttle.spend("c", 0) > 0

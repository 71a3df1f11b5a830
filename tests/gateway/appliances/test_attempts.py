"""Attempts come at growing pauses, within a bound."""

from hypothesis import given
from hypothesis import strategies as st

from dispatch.gateway.appliances.attempts import pause_s
from dispatch.gateway.appliances.bounds import RETRY_CAP_S, RETRY_FIRST_S


@given(attempt=st.integers(0, 10**6), chance=st.floats(0, 1))
def test_a_pause_is_bounded(attempt: int, chance: float) -> None:
    assert RETRY_FIRST_S / 2 <= pause_s(attempt, lambda: chance) <= RETRY_CAP_S


def test_pauses_grow() -> None:
    pauses = [pause_s(attempt, lambda: 1.0) for attempt in range(6)]

    assert pauses == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]

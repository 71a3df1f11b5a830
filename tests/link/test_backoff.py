from hypothesis import given
from hypothesis import strategies as st

from link.backoff import CAP_S, FIRST_S, URGENT_CAP_S, full_jitter_s


def test_the_longest_wait_doubles_up_to_the_cap() -> None:
    longest = [full_jitter_s(attempt, lambda: 1.0) for attempt in range(8)]
    assert longest == [0.5, 1, 2, 4, 8, 15, 15, 15]
    assert longest[0] == FIRST_S
    assert longest[-1] == CAP_S


def test_who_is_waited_for_waits_less() -> None:
    longest = [full_jitter_s(attempt, lambda: 1.0, URGENT_CAP_S) for attempt in range(6)]
    assert longest == [0.5, 1, 2, 4, URGENT_CAP_S, URGENT_CAP_S]


@given(st.integers(0, 10**9), st.floats(0, 1))
def test_jitter_is_full_and_the_wait_is_bounded(attempt: int, drawn: float) -> None:
    wait_s = full_jitter_s(attempt, lambda: drawn)
    assert wait_s == drawn * full_jitter_s(attempt, lambda: 1.0)
    assert 0 <= wait_s <= CAP_S

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.supervise.restarts import Failure, FailureRecord, RestartPolicy

POLICY = RestartPolicy(
    first_delay_s=1.0, max_delay_s=8.0, stable_after_s=30.0, max_failures=4, window_s=100.0
)


def _record_of(*at_and_ran_s: tuple[float, float]) -> FailureRecord:
    record = FailureRecord(POLICY)
    for at_s, ran_for_s in at_and_ran_s:
        record.add(Failure(at_s, f"at {at_s}"), ran_for_s=ran_for_s)
    return record


def test_the_delay_doubles_up_to_its_limit() -> None:
    delays_s = [POLICY.delay_s(nth, jitter=0.0) for nth in range(1, 7)]
    assert delays_s == [1, 2, 4, 8, 8, 8]


@given(nth=st.integers(1, 10**9), jitter=st.floats(0, 1))
def test_jitter_only_shortens_and_never_by_more_than_its_share(nth: int, jitter: float) -> None:
    full_s = POLICY.delay_s(nth, jitter=0.0)
    assert full_s * (1 - POLICY.jitter_share) <= POLICY.delay_s(nth, jitter=jitter) <= full_s


def test_failures_in_a_row_raise_the_delay() -> None:
    assert _record_of((0, 0), (2, 1), (5, 1)).next_delay_s(jitter=0.0) == 4


def test_a_stable_period_resets_the_delay() -> None:
    assert _record_of((0, 0), (2, 1), (40, 30)).next_delay_s(jitter=0.0) == 1


@pytest.mark.parametrize(
    ("at_s", "exhausted"),
    [
        ((0, 10, 20), False),
        ((0, 10, 20, 99), True),
        ((0, 10, 20, 100), False),  # the first has just left the window
        ((0, 10, 20, 105, 109), True),
    ],
)
def test_too_many_failures_within_the_window_exhaust_it(
    at_s: tuple[float, ...], exhausted: bool
) -> None:
    assert _record_of(*((each, 0) for each in at_s)).exhausted is exhausted


def test_failures_in_a_row_make_it_hopeless_however_slowly_they_come() -> None:
    slowly = [(1_000.0 * nth, 0) for nth in range(POLICY.max_failures)]
    assert not _record_of(*slowly[1:]).is_hopeless
    assert _record_of(*slowly).is_hopeless
    assert not _record_of(*slowly, (9_000, POLICY.stable_after_s)).is_hopeless


@given(st.lists(st.floats(0, 1000), max_size=50))
def test_the_record_is_bounded_and_keeps_the_latest(times_s: list[float]) -> None:
    record = _record_of(*((each, 0) for each in sorted(times_s)))
    assert len(record.recent) <= POLICY.max_failures
    assert [each.at_s for each in record.recent[-1:]] == sorted(times_s)[-1:]


def test_a_policy_that_could_never_give_up_is_refused() -> None:
    with pytest.raises(ValueError, match="never holds them all"):
        RestartPolicy(first_delay_s=10, max_delay_s=60, max_failures=5, window_s=60)


def test_the_default_policy_can_give_up() -> None:
    RestartPolicy()

from dispatch.push.bounds import ANSWER_WITHIN_S, FAILURES_TO_OPEN, OPEN_CAP_S, OPEN_FIRST_S
from dispatch.push.breaker import Breaker


def broken(now_s: float = 0.0) -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES_TO_OPEN):
        assert breaker.wait_s(now_s) == 0.0
        breaker.failed(now_s)
    return breaker


def test_a_few_failures_between_successes_open_nothing() -> None:
    breaker = Breaker()
    for _ in range(10 * FAILURES_TO_OPEN):
        breaker.failed(0.0)
        breaker.worked()
    assert not breaker.is_open
    assert breaker.wait_s(0.0) == 0.0


def test_one_that_fails_and_fails_is_left_alone_and_then_tried_by_one() -> None:
    breaker = broken()
    assert breaker.is_open
    assert breaker.wait_s(0.5) == OPEN_FIRST_S - 0.5
    assert breaker.wait_s(OPEN_FIRST_S) == 0.0
    assert breaker.wait_s(OPEN_FIRST_S) == ANSWER_WITHIN_S, "the others wait for what becomes of it"
    breaker.worked()
    assert breaker.wait_s(OPEN_FIRST_S) == 0.0


def test_while_it_stays_so_it_is_tried_more_and_more_rarely_but_always_again() -> None:
    breaker, now_s, waits = broken(), 0.0, []
    for _ in range(10):
        waits.append(breaker.wait_s(now_s))
        now_s += waits[-1]
        assert breaker.wait_s(now_s) == 0.0
        breaker.failed(now_s)
    assert waits[:3] == [OPEN_FIRST_S, 2 * OPEN_FIRST_S, 4 * OPEN_FIRST_S]
    assert waits[-1] == OPEN_CAP_S


def test_what_it_asks_us_to_wait_we_wait_at_once() -> None:
    breaker = Breaker()
    breaker.failed(0.0, wait_s=30.0)
    assert breaker.wait_s(1.0) == 29.0

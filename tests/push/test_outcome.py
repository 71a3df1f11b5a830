import pytest

from dispatch.push.bounds import RETRY_AFTER_MAX_S
from dispatch.push.outcome import Answer, Outcome, judge


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.ACCEPTED),
        (201, Outcome.ACCEPTED),
        (202, Outcome.ACCEPTED),
        (302, Outcome.REFUSED),
        (400, Outcome.REFUSED),
        (401, Outcome.REFUSED),
        (403, Outcome.REFUSED),
        (404, Outcome.GONE),
        (408, Outcome.FAILED),
        (410, Outcome.GONE),
        (413, Outcome.REFUSED),
        (429, Outcome.BUSY),
        (500, Outcome.FAILED),
        (502, Outcome.FAILED),
        (503, Outcome.BUSY),
    ],
)
def test_each_answer_has_its_outcome(status: int, outcome: Outcome) -> None:
    assert judge(status) == Answer(outcome, status)


@pytest.mark.parametrize(
    ("said", "wait_s"),
    [
        ("7", 7.0),
        ("999999999", RETRY_AFTER_MAX_S),
        ("", 0.0),
        ("-3", 0.0),
        ("²", 0.0),
        ("Wed, 21 Oct 2026 07:28:00 GMT", 0.0),
    ],
)
def test_a_push_service_may_ask_us_to_wait_and_not_for_ever(said: str, wait_s: float) -> None:
    assert judge(429, said).wait_s == wait_s

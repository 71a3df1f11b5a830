# ruff: noqa: S311 - seeded draws, no secrets
from collections import Counter
from random import Random

import pytest

from clients.demo.conduct import BESIDE_LATER_S, Temper, answer, goes_off_duty_for_s, temper_of
from dispatch.core.escalation import URGENT


def test_a_quadrant_keeps_its_temper() -> None:
    assert temper_of("Q1", 1) is temper_of("Q1", 1)


def test_most_are_prompt_some_slow_and_a_few_deaf() -> None:
    tempers = Counter(temper_of(f"Q{number}", 1) for number in range(1_000))
    assert tempers[Temper.PROMPT] > 700
    assert 50 < tempers[Temper.SLOW] < 250
    assert 10 < tempers[Temper.DEAF] < 120


def test_the_prompt_answer_before_the_first_step_of_escalation_and_the_slow_after() -> None:
    first_step_s = URGENT.steps[0][0]
    draw = Random(1)
    for _ in range(200):
        prompt = answer(draw, Temper.PROMPT, own=True)
        slow = answer(draw, Temper.SLOW, own=True)
        assert prompt is not None
        assert slow is not None
        assert prompt.accepts_after_s < first_step_s < slow.accepts_after_s


def test_the_deaf_never_answer() -> None:
    assert answer(Random(1), Temper.DEAF, own=True) is None


@pytest.mark.parametrize("hurry", [1.0, 10.0])
def test_others_leave_the_first_chance_to_the_quadrants_own(hurry: float) -> None:
    own = answer(Random(3), Temper.PROMPT, own=True, hurry=hurry)
    beside = answer(Random(3), Temper.PROMPT, own=False, hurry=hurry)
    assert own is not None
    assert beside is not None
    later_s = beside.accepts_after_s - own.accepts_after_s
    assert later_s == pytest.approx(BESIDE_LATER_S / hurry)


def test_breaks_are_rare() -> None:
    draw = Random(1)
    breaks = [goes_off_duty_for_s(draw) for _ in range(1_000)]
    assert 10 < sum(each is not None for each in breaks) < 100

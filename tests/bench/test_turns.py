from contextlib import ExitStack

import pytest

from bench.city import plan_city
from bench.turns import ROUND_S, arena, rounds_of
from dispatch.core.escalation import URGENT
from tests.bench.bare import bare_target

CITY = plan_city(quadrants=4, senders=20)


def test_a_turn_costs_what_the_target_took() -> None:
    with ExitStack() as stack:
        here = arena(stack, stack.enter_context(bare_target(CITY)), CITY, processes=1)
        turns = [here.take_turn(100, 0.5) for _ in range(2)]
        assert here.turns == turns
        assert all(turn.cpu_us > 0 and turn.generator_cpu_us > 0 for turn in turns)
        assert all(turn.beside_cpu_us == {} for turn in turns)
        verdict, _ = here.judged()
        assert (verdict.sent, verdict.is_clean) == (100, True)


def test_a_round_ends_before_an_alert_is_repeated() -> None:
    assert URGENT.steps[0][0] > ROUND_S
    assert rounds_of(10.0) == [5.0, 5.0]
    assert rounds_of(12.0) == pytest.approx([4.0] * 3)
    assert rounds_of(0.5) == [0.5]

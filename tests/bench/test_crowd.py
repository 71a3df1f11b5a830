from itertools import pairwise

import pytest

from bench.calls import KINDS
from bench.city import plan_city
from bench.crowd import Crowd
from bench.failures import GeneratorFailed
from bench.score import judge
from tests.bench.bare import bare_target

CITY = plan_city(quadrants=4, senders=12, idle=5)


def test_several_processes_press_on_one_schedule() -> None:
    with (
        bare_target(CITY) as target,
        Crowd(target.address, target.dialect, CITY.members, processes=2) as crowd,
    ):
        assert len(crowd.connect()) == len(CITY.members)
        calls = crowd.call(100, 0.3)
        verdict, _ = judge(calls, CITY)
        assert verdict.is_clean
        assert verdict.sent == 30
        dues = sorted(calls.due_ns.tolist())
        assert {b - a for a, b in pairwise(dues)} == {10_000_000}
        assert set(crowd.samples()) == {"alert", "receipt", "stored"}
        crowd.forget()
        again = crowd.call(100, 0.1)
        assert not set(again.numbers.tolist()) & set(calls.numbers.tolist())
        crowd.drop(CITY.idle)
        assert len(crowd.connect(CITY.idle)) == len(CITY.idle)
        with pytest.raises(ValueError, match="senders"):
            crowd.call(100, 100)


def test_a_press_too_many_would_be_no_alert_of_its_own() -> None:
    assert len(KINDS) == len({"panic", "medical", "fire"} & set(KINDS))


def test_what_a_process_cannot_do_is_said() -> None:
    with (
        Crowd(("127.0.0.1", 1), "cuadrante", CITY.idle, processes=1) as crowd,
        pytest.raises(GeneratorFailed, match="refused"),
    ):
        crowd.connect()

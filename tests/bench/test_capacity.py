from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.capacity import BISECTIONS, LIMIT_MS, search, step
from bench.city import City
from bench.target import Target
from bench.turns import arena


@given(st.floats(10, 100_000))
def test_the_rate_that_just_holds_is_found(truth: float) -> None:
    tried: list[float] = []

    def attempt(rate: float) -> dict[str, Any]:
        tried.append(rate)
        return {"rate": rate, "holds": rate <= truth, "is_last": False}

    steps = search(attempt, 250, 8_000)
    assert [each["rate"] for each in steps] == tried
    held = [each["rate"] for each in steps if each["holds"]]
    failed = [each["rate"] for each in steps if not each["holds"]]
    if truth >= 8_000:
        assert held[-1] == 8_000
    elif held:
        assert max(held) <= truth < min(failed)
        assert min(failed) - max(held) <= max(250, *held) / 2**BISECTIONS


def test_no_step_follows_one_that_left_alerts_open() -> None:
    def attempt(rate: float) -> dict[str, Any]:
        return {"rate": rate, "holds": rate < 400, "is_last": rate > 900}

    assert [each["rate"] for each in search(attempt, 300, 8_000)] == [300, 600, 450, 375, 412.5]
    assert [each["rate"] for each in search(attempt, 1_000, 8_000)] == [1_000]


def test_a_step_says_whether_it_holds(server: Target, city: City) -> None:
    with ExitStack() as stack:
        here = arena(stack, server, city, processes=1)
        figures = step(here, 40)
    assert figures["rate"] == 40
    assert figures["is_last"] is False
    assert figures["holds"] is (figures["p99_ms"] <= LIMIT_MS)
    assert figures["lost"] == figures["duplicated"] == figures["misrouted"] == 0
    assert figures["core_cpu_us_per_signal"] == pytest.approx(here.turns[0].cpu_us, abs=0.1)

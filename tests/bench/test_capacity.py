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
        return {"rate": rate, "holds": rate <= truth}

    steps = search(attempt, 250, 8_000)
    assert [each["rate"] for each in steps] == tried
    held = [each["rate"] for each in steps if each["holds"]]
    failed = [each["rate"] for each in steps if not each["holds"]]
    if truth >= 8_000:
        assert held[-1] == 8_000
    elif held:
        assert max(held) <= truth < min(failed)
        assert min(failed) - max(held) <= max(250, *held) / 2**BISECTIONS


def test_a_step_says_whether_it_holds(server: Target, city: City) -> None:
    with ExitStack() as stack:
        here = arena(stack, server, city, processes=1)
        figures = step(here, 40)
    assert figures["rate"] == 40
    assert figures["holds"] is (figures["p99_ms"] <= LIMIT_MS)
    assert figures["lost"] == figures["duplicated"] == figures["misrouted"] == 0
    assert figures["core_cpu_us_per_signal"] == pytest.approx(here.turns[0].cpu_us, abs=0.1)

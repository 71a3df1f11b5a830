"""A difference is found where there is one, and not where there is none."""

import random

import pytest

from tests.faults.windows import Comparison, compare

WINDOWS = 5
PRESSES = 300


def latencies(seed: int, *, slower: float = 1.0, slow_windows: bool = False) -> list[list[float]]:
    """Windows of made-up latencies, with the long tail that real ones have."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    neighbours = [chance.uniform(1, 2) if slow_windows else 1.0 for _ in range(WINDOWS)]
    return [
        [slower * by * chance.lognormvariate(0, 0.5) for _ in range(PRESSES)] for by in neighbours
    ]


def test_twice_as_slow_is_felt() -> None:
    found = compare(latencies(1), latencies(2, slower=2.0))
    assert found.ratio == pytest.approx(2.0, rel=0.3)
    assert found.is_felt


def test_faster_is_not_felt() -> None:
    found = compare(latencies(1, slower=2.0), latencies(2))
    assert found.ratio < 1
    assert not found.is_felt


def test_slow_seconds_of_the_machine_are_seldom_taken_for_it() -> None:
    felt = sum(
        compare(
            latencies(seed, slow_windows=True), latencies(1_000 + seed, slow_windows=True)
        ).is_felt
        for seed in range(40)
    )
    assert felt <= 2


def test_a_tenth_is_allowed_however_sure_it_is() -> None:
    assert not Comparison(ratio=1.09, chance=0.001).is_felt
    assert Comparison(ratio=1.11, chance=0.001).is_felt


def test_a_window_without_presses_says_so() -> None:
    with pytest.raises(TimeoutError, match="no press was shown"):
        compare([[1.0], []], [[1.0], [1.0]])

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.demo.figures import Figures, percentile


@pytest.mark.parametrize(
    ("samples", "share", "expected"),
    [
        ([], 0.5, None),
        ([7], 0.5, 7),
        ([7], 0.99, 7),
        ([1, 2, 3, 4], 0.5, 2),
        ([4, 3, 2, 1], 0.75, 3),
        (list(range(1, 101)), 0.99, 99),
        (list(range(1, 101)), 1.0, 100),
        (list(range(1, 101)), 0.0, 1),
    ],
)
def test_nearest_rank(samples: list[float], share: float, expected: float | None) -> None:
    assert percentile(samples, share) == expected


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.floats(0.01, 1.0))
def test_it_is_the_least_sample_that_the_share_does_not_exceed(
    samples: list[float], share: float
) -> None:
    found = percentile(samples, share)
    assert found in samples
    needed = math.ceil(share * len(samples))
    assert sum(sample <= found for sample in samples) >= needed
    assert sum(sample < found for sample in samples) < needed


def test_only_the_newest_count_but_all_are_counted() -> None:
    figures = Figures(kept=3)
    for value in (1000, 1, 2, 3):
        figures.add(value)
    assert figures.percentile(1.0) == 3
    assert figures.count == 4

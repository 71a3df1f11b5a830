import importlib

from dispatch.core import limits
from dispatch.core.budget import _FROM


def test_the_bounds_agree_with_one_another_at_start():
    importlib.reload(limits)  # their assertions run when they are read


def test_every_stage_that_is_timed_has_a_budget():
    assert set(limits.BUDGET_MS) == set(_FROM)


def test_all_bounds_are_bounds():
    numbers = [value for name, value in vars(limits).items() if name.isupper()]
    numbers = [value for value in numbers if not isinstance(value, dict)]
    assert all(value > 0 for value in (*numbers, *limits.BUDGET_MS.values()))

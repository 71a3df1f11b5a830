"""Drawing from a table of shares."""

from typing import TypeAlias, TypeVar

T = TypeVar("T")
Shares: TypeAlias = tuple[tuple[float, T], ...]
"""Values with the cumulative share up to which each is drawn; the last is 1."""


def pick(shares: Shares[T], number: float) -> T:
    """Return the value whose share a number from 0 to 1 falls into."""
    return next(value for up_to, value in shares if number <= up_to)

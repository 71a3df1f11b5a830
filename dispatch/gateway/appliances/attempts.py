"""How long to wait before an appliance or the console is tried again, while an alert waits."""

from collections.abc import Callable
from typing import TypeAlias

from dispatch.gateway.appliances.bounds import RETRY_CAP_S, RETRY_FIRST_S

Jitter: TypeAlias = Callable[[], float]
"""Draws a number from 0 to 1."""

_DOUBLINGS_MAX = 8


def pause_s(attempt: int, jitter: Jitter) -> float:
    """Return the pause after attempt number `attempt` (from 0) failed.

    Half of it is certain: one relay hangs on one wall, and nobody else stands in its queue.
    """
    longest_s = min(RETRY_CAP_S, RETRY_FIRST_S * (1 << min(attempt, _DOUBLINGS_MAX)))
    return longest_s * (0.5 + 0.5 * jitter())

"""How long to wait before the next attempt: exponential with full jitter.

Full jitter spreads a city of devices that lost their server at one moment over the whole wait, not
around its end (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
"""

from collections.abc import Callable

FIRST_S = 0.5
CAP_S = 15.0
URGENT_CAP_S = 5.0
"""For whoever is called, or has somebody waiting: they are few."""
_DOUBLINGS_MAX = 16


def full_jitter_s(attempt: int, jitter: Callable[[], float], cap_s: float = CAP_S) -> float:
    """Return the wait in seconds before attempt number `attempt` + 1, at most `cap_s`.

    `jitter` returns a number from 0 to 1, such as `random.SystemRandom().random`.
    """
    return jitter() * min(cap_s, FIRST_S * (1 << min(attempt, _DOUBLINGS_MAX)))

"""When a push service that fails is left alone, and when it is tried again.

closed ──FAILURES_TO_OPEN in a row──▶ open ──its time is over──▶ one tries
   ▲                                    ▲                            │
   └──────────────it works──────────────┴────────it fails────────────┘
"""

from dispatch.push.bounds import ANSWER_WITHIN_S, FAILURES_TO_OPEN, OPEN_CAP_S, OPEN_FIRST_S


class Breaker:
    """Of one push service. Times are of one clock, in seconds."""

    def __init__(self) -> None:
        self._failures = 0
        self._open_s = OPEN_FIRST_S
        self._open_until_s: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether the push service is left alone, or only tried out."""
        return self._open_until_s is not None

    def wait_s(self, now_s: float) -> float:
        """Return how long to leave the push service alone. 0: try now, while others wait."""
        if self._open_until_s is None:
            return 0.0
        wait_s = self._open_until_s - now_s
        if wait_s > 0:
            return wait_s
        self._open_until_s = now_s + ANSWER_WITHIN_S  # the others wait for what becomes of it
        return 0.0

    def worked(self) -> None:
        """The push service answered as one that works."""
        self._failures = 0
        self._open_s = OPEN_FIRST_S
        self._open_until_s = None

    def failed(self, now_s: float, wait_s: float = 0.0) -> None:
        """It failed, or asked us to wait."""
        self._failures += 1
        if self._failures < FAILURES_TO_OPEN and not wait_s:
            return
        self._open_until_s = now_s + max(self._open_s, wait_s)
        self._open_s = min(OPEN_CAP_S, 2 * self._open_s)

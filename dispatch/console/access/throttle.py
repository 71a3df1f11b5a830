"""How fast one address, or one account, may ask: a token bucket each, in bounded memory."""

from collections import OrderedDict

from dispatch.console.bounds import THROTTLED_MAX


class Throttle:
    """`burst` at once, refilled at `per_s`. Whoever has not asked for long is forgotten first."""

    def __init__(self, burst: float, per_s: float, remembered_max: int = THROTTLED_MAX) -> None:
        self._burst = burst
        self._per_s = per_s
        self._remembered_max = remembered_max
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def spend(self, key: str, now_s: float) -> float:
        """Count one request, if it may be made now. Returns how long to wait otherwise."""
        left = self._left_of(key, now_s)
        if left < 1.0:
            return (1.0 - left) / self._per_s
        self._left[key] = (left - 1.0, now_s)
        self._left.move_to_end(key)
        if len(self._left) > self._remembered_max:
            self._left.popitem(last=False)
        return 0.0

    def _left_of(self, key: str, now_s: float) -> float:
        left, at_s = self._left.get(key, (self._burst, now_s))
        return min(self._burst, left + (now_s - at_s) * self._per_s)

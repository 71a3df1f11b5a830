"""Time in the simulation: the true one, which nobody sees, and the two clocks that people have."""

import heapq
from collections.abc import Callable
from itertools import count

from dispatch.core.moment import Moment
from tests.core.town import NOON_MS

UP_BEFORE_S = 90_000.0
"""The machine had been up for so long: a later boot's monotonic clock reads less."""


class Clock:
    """`now_s` is true time. The monotonic clock counts from the boot; the wall clock may be set."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.boot = 1
        self.wall_ahead_ms = 0
        self._booted_s = -UP_BEFORE_S

    def moment(self) -> Moment:
        """Read both clocks."""
        wall_ms = NOON_MS + round(self.now_s * 1000) + self.wall_ahead_ms
        return Moment(self.now_s - self._booted_s, wall_ms)

    def reboot(self) -> None:
        """The machine starts anew, and with it the monotonic clock."""
        self.boot += 1
        self._booted_s = self.now_s - 5.0


class Agenda:
    """What will happen, in order of true time; of two things at one time, the earlier planned."""

    def __init__(self, clock: Clock, after_each: Callable[[], None]) -> None:
        self.done = 0
        self._clock = clock
        self._after_each = after_each
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._heap)

    def at(self, when_s: float, do: Callable[[], None]) -> None:
        """Do it then; at once, but never within the thing at hand, if that is past."""
        heapq.heappush(self._heap, (max(when_s, self._clock.now_s), next(self._numbers), do))

    def after(self, delay_s: float, do: Callable[[], None]) -> None:
        """Do it so much later."""
        self.at(self._clock.now_s + delay_s, do)

    def run_until(self, end_s: float) -> None:
        """Let everything happen that is due by then."""
        while self._heap and self._heap[0][0] <= end_s:
            self._clock.now_s, _, do = heapq.heappop(self._heap)
            do()
            self.done += 1
            self._after_each()
        self._clock.now_s = end_s

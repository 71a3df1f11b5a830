"""When to look at what again."""

import heapq
import math

AT_ONCE_S = 0.0
"""A monotonic time that is always past."""


class Deadlines:
    """When to look at which alert, or device, again: soonest first.

    Only a reminder: what is due is a fact of the thing. Each has at most one that counts, its
    soonest; one that comes to nothing (the alert was answered meanwhile) needs no removal, for
    whoever looks at a thing sets its next.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, str]] = []
        self._soonest: dict[str, float] = {}

    def remind(self, at_s: float | None, name: str) -> None:
        """Look at what has this id by this monotonic time; None is never."""
        if at_s is not None and at_s < self.reminder_s(name):
            self._soonest[name] = at_s
            heapq.heappush(self._heap, (at_s, name))

    def reminder_s(self, name: str) -> float:
        """Return when it will be looked at."""
        return self._soonest.get(name, math.inf)

    def next_s(self) -> float | None:
        """Return the monotonic time of the next reminder, if there is one."""
        return self._heap[0][0] if self._heap else None

    def take_due(self, now_s: float) -> str | None:
        """Take what to look at now and has waited longest, if there is anything."""
        while self._heap and self._heap[0][0] <= now_s:
            at_s, name = heapq.heappop(self._heap)
            if at_s == self.reminder_s(name):
                del self._soonest[name]
                return name
        return None

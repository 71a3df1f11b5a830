"""Waking the dispatcher when something is due, with one timer."""

import asyncio
from collections.abc import Callable
from typing import Final

from dispatch.edge.clock import read_clock

TICKS_APART_S: Final = 0.02
"""Deadlines that pass so soon after a tick are seen to together: nobody notices, and under load
every press would have a tick of its own."""


class Ticker:
    """Follows the dispatcher's next deadline. `look` is cheap and called after every event."""

    def __init__(
        self, next_deadline_s: Callable[[], float | None], tick: Callable[[], None]
    ) -> None:
        self._next_deadline_s = next_deadline_s
        self._tick = tick
        self._timer: asyncio.TimerHandle | None = None
        self._due_s: float | None = None
        self._ticked_s = float("-inf")

    def look(self) -> None:
        """Set the timer if the next deadline came nearer."""
        due_s = self._next_deadline_s()
        if due_s is None or (self._due_s is not None and self._due_s <= due_s):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due_s = due_s
        if due_s > self._ticked_s:  # what that tick left undone is not for later
            due_s = max(due_s, self._ticked_s + TICKS_APART_S)
        wait_s = max(0.0, due_s - read_clock().mono_s)
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._fire)

    def _fire(self) -> None:
        self._timer, self._due_s = None, None
        self._ticked_s = read_clock().mono_s
        self._tick()
        self.look()

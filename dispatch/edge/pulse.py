"""How long the event loop keeps everybody waiting, felt by a timer of its own.

Whatever becomes ready while the loop is at something else (a callback that is long, a collection of
garbage, a thread that holds the interpreter, a machine that runs others) waits as long as the timer
does. A pause that begins between two beats is felt by up to `PULSE_EVERY_S` too short.
"""

import asyncio
from collections import deque

from dispatch.edge.bounds import PULSE_EVERY_S, PULSE_KEPT_S
from dispatch.edge.clock import read_clock
from dispatch.edge.tallies import Spread

_BOUNDS_S = (0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.0125, 0.015, 0.0175, 0.02)
_LONG_S = (0.025, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)


class Pulse:
    """Beats on the running loop from `start` to `stop`. Without a beat there is no lag."""

    def __init__(self) -> None:
        self.lag_s = Spread(
            "cuadrante_loop_lag_seconds",
            "How late the event loop called a timer: whatever was ready waited as long.",
            (*_BOUNDS_S, *_LONG_S),
        )
        self._falling: deque[tuple[float, float]] = deque()
        """When, and how late: those after which none was later, so that the worst stands first."""
        self._due_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Beat from now on."""
        self._set(read_clock().mono_s)

    def stop(self) -> None:
        """Beat no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def feel(self, lag_s: float, now_s: float) -> None:
        """Take note of one beat."""
        self.lag_s.add(lag_s)
        while self._falling and self._falling[-1][1] <= lag_s:
            self._falling.pop()
        self._falling.append((now_s, lag_s))
        while self._falling[0][0] < now_s - PULSE_KEPT_S:
            self._falling.popleft()

    def worst_s(self, now_s: float, within_s: float = PULSE_KEPT_S) -> float:
        """Return the longest lag of the last while, `PULSE_KEPT_S` at most."""
        return next((lag_s for at_s, lag_s in self._falling if at_s >= now_s - within_s), 0.0)

    def _set(self, now_s: float) -> None:
        self._due_s = now_s + PULSE_EVERY_S
        self._timer = asyncio.get_running_loop().call_later(PULSE_EVERY_S, self._beat)

    def _beat(self) -> None:
        now_s = read_clock().mono_s
        self.feel(max(0.0, now_s - self._due_s), now_s)
        self._set(now_s)

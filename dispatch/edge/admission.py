"""Who waits for whom: whoever comes or goes for those who are here, and all of them for a press.

What a device that may press says is seen to as it is read. Everybody else's words (a handheld's
`delivered` and `accept`, above all) wait until what is being read in this turn of the event loop is
through, and have a slice of it; so a press waits for one slice, whatever else there is to do.

After a restart, or a power cut, a whole city comes back at one moment: seconds of work. It is done
in slices, one a turn of the event loop, and between two slices whatever the devices that are in
already have said is read, dispatched and written. Until its turn comes a stranger costs the bytes
that it sent. Whoever asks for it goes first (`protocol/README.md`, "Connecting"); that orders the
queue and gives no other right, so nobody has to prove it.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from enum import IntEnum
from typing import Final

from dispatch.edge.bounds import COMING_MAX, GOING_MAX, SLICE_S
from dispatch.edge.clock import read_clock

Work = Callable[[], object]


class Rank(IntEnum):
    """In which order."""

    SAYS = 0
    """Is here, and says what is no press. Has a slice of its own: nobody who comes takes of it."""
    URGENT = 1
    """Comes to press, or to be called; or asks whether the server is well."""
    COMES = 2
    GOES = 3
    """Is gone, and nobody waits for it: many a one is back before its turn comes, in its place.
    When more have gone than can be connected, their turn is first."""


MOVING: Final = (Rank.URGENT, Rank.COMES, Rank.GOES)


class Admission:
    """Work by rank, each piece short. Bounded by the sockets that may be open."""

    def __init__(self) -> None:
        self._waiting: dict[Rank, deque[Work]] = {rank: deque() for rank in Rank}
        self._is_due = False

    def is_full(self, rank: Rank) -> bool:
        """Whether one more of this rank has to come back later."""
        return rank is Rank.COMES and len(self._waiting[rank]) >= COMING_MAX

    def put(self, rank: Rank, work: Work) -> None:
        """Have this done when its turn comes, on a later turn of the loop."""
        self._waiting[rank].append(work)
        self._set()

    def _set(self) -> None:
        if not self._is_due:
            self._is_due = True
            asyncio.get_running_loop().call_soon(self._do_a_slice)

    def _do_a_slice(self) -> None:
        self._is_due = False
        try:
            self._work_off(self._first_that_says)
            self._work_off(self._first_that_moves)
        finally:
            if any(self._waiting.values()):
                self._set()

    def _work_off(self, first: Callable[[], deque[Work] | None]) -> None:
        until_s = read_clock().mono_s + SLICE_S
        while (queue := first()) is not None:
            queue.popleft()()
            if read_clock().mono_s >= until_s:
                break

    def _first_that_says(self) -> deque[Work] | None:
        return self._waiting[Rank.SAYS] or None

    def _first_that_moves(self) -> deque[Work] | None:
        going = self._waiting[Rank.GOES]
        if len(going) >= GOING_MAX:
            return going
        return next((self._waiting[rank] for rank in MOVING if self._waiting[rank]), None)

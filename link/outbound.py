"""What waits to be written to one connection: urgent frames first, routine ones at a pace.

A handheld that comes back to two hundred open alerts has two hundred `delivered` to send. At once,
they would be a flood to the server (`protocol.limits`); in one line, an `accept` would wait behind
them. So routine frames use only their share of the allowance, and let urgent ones pass.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

import trio

from protocol.limits import FRAMES_BURST, FRAMES_PER_S

MAX_URGENT: Final = 128
MAX_ROUTINE: Final = 4096
ROUTINE_BURST: Final = FRAMES_BURST // 4
ROUTINE_PER_S: Final = FRAMES_PER_S / 2


@dataclass(frozen=True, slots=True)
class Room:
    """How many frames may wait for one connection, and how fast routine ones go."""

    urgent_max: int
    routine_max: int
    routine_burst: float
    routine_per_s: float


A_DEVICES_ROOM: Final = Room(MAX_URGENT, MAX_ROUTINE, ROUTINE_BURST, ROUTINE_PER_S)
"""For whoever speaks for one device."""

_ROUNDING: Final = 1e-9
"""Of a frame: without it, a wait too short for the clock to show would never end."""


class Allowance:
    """A bucket of frames that may be sent: `burst` at once, refilled at `per_s`."""

    def __init__(self, burst: float, per_s: float, now_s: float) -> None:
        self._burst = burst
        self._per_s = per_s
        self._left = burst
        self._counted_s = now_s

    def wait_s(self, now_s: float) -> float:
        """Return how long until the next frame may go; 0: now."""
        self._left = min(self._burst, self._left + (now_s - self._counted_s) * self._per_s)
        self._counted_s = now_s
        missing = 1 - self._left
        return missing / self._per_s if missing > _ROUNDING else 0.0

    def spend(self) -> None:
        """Count one frame."""
        self._left -= 1


class Outbound:
    """The frames of one connection, in the order in which they should be written."""

    def __init__(self, room: Room = A_DEVICES_ROOM) -> None:
        self._room = room
        self._urgent: deque[bytes] = deque()
        self._routine: deque[bytes] = deque()
        self._allowance = Allowance(room.routine_burst, room.routine_per_s, trio.current_time())
        self._changed = trio.Event()
        self._closed = False

    def put(self, frame: bytes, *, routine: bool = False) -> bool:
        """Take a frame. False: there is no room, so the connection is not being read."""
        line, room = (
            (self._routine, self._room.routine_max)
            if routine
            else (self._urgent, self._room.urgent_max)
        )
        if len(line) >= room:
            return False
        line.append(frame)
        self._changed.set()
        return True

    def close(self) -> None:
        """Let `get` say that it was all, once what is urgent has gone."""
        self._closed = True
        self._changed.set()

    async def get(self) -> bytes | None:
        """Wait for the next frame that may go. None: closed, and nothing urgent is left."""
        while True:
            if self._urgent:
                return self._urgent.popleft()
            if self._closed:
                return None
            wait_s = self._allowance.wait_s(trio.current_time()) if self._routine else float("inf")
            if wait_s == 0:
                self._allowance.spend()
                return self._routine.popleft()
            self._changed = trio.Event()
            with trio.move_on_after(wait_s):
                await self._changed.wait()

"""What a port needs of whoever understands its frames. A desk is synchronous and never waits."""

import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

import trio

from dispatch.core.moment import Moment

Clock = Callable[[], Moment]
Say = Callable[[bytes], None]
"""Answers the peer, now or later; of a peer that is gone it does nothing."""


class Heard(NamedTuple):
    """What became of a frame."""

    answer: bytes | None = None
    """To be answered at once."""
    is_good: bool = True
    """Whether it came from somebody who belongs here."""
    is_owed: bool = False
    """Whether an answer may come later."""


class Splitter(Protocol):
    """Cuts a stream, or a datagram, into frames."""

    dropped_bytes: int

    def feed(self, data: bytes) -> list[bytes]:
        """Take what arrived and return the frames that it completes."""


class Desk(Protocol):
    """Understands the frames of one port."""

    name: str

    def splitter(self) -> Splitter:
        """Return what cuts a new stream into frames."""

    def hear(self, frame: bytes, say: Say) -> Heard:
        """Take one frame."""


def read_clock() -> Moment:
    """Return the time of the event loop and of the wall as one moment."""
    return Moment(trio.current_time(), time.time_ns() // 1_000_000)

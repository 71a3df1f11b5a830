"""Finding frames in what arrives: TCP joins them, cuts them and may bring anything in between."""

import re
from typing import Final

from protocol.sia_dc09.bounds import FRAME_BYTES_MAX, OPENING_BYTES
from protocol.sia_dc09.frame import OPENING

_LF: Final = b"\n"
_END: Final = re.compile(rb"[\r\n]")
"""No text may hold either (5.5.1): CR ends a frame, and with LF another has begun."""


class Splitter:
    """Cuts one TCP stream into frames; how the bytes come in pieces makes no difference.

    What is no frame is dropped up to the next LF, so one broken frame costs no other. It never
    holds more than a frame between two calls. Frames are cut here and checked by `read_frame`: one
    whose length or CRC is wrong comes out like any other.
    """

    def __init__(self) -> None:
        self.dropped_bytes = 0
        """What was no part of any frame, but for the NUL that some panels write after CR."""
        self._held = bytearray()

    @property
    def held_bytes(self) -> int:
        """How much of an unfinished frame is here."""
        return len(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        """Take what arrived, and return the frames that it completes, from LF to CR."""
        self._held += data
        frames = []
        while (frame := self._cut()) is not None:
            frames.append(frame)
        return frames

    def _cut(self) -> bytes | None:
        held = self._held
        while True:
            opening = OPENING.search(held)
            if opening is None:
                self._drop(self._hopeless())
                return None
            # Not of `opening[0]`: that reads from what is held, which has moved after the drop.
            opening_bytes = opening.end() - opening.start()
            self._drop(opening.start())
            end = _END.search(held, opening_bytes, FRAME_BYTES_MAX)
            if end is None:
                if len(held) < FRAME_BYTES_MAX:
                    return None
                self._drop(1)
            elif end[0] == _LF:
                self._drop(end.start())
            else:
                frame = bytes(held[: end.end()])
                del held[: end.end()]
                return frame

    def _hopeless(self) -> int:
        """Count the bytes that no frame can begin with, whatever comes behind them."""
        begun = self._held.find(_LF, max(0, len(self._held) - OPENING_BYTES + 1))
        return len(self._held) if begun < 0 else begun

    def _drop(self, count: int) -> None:
        self.dropped_bytes += count - self._held.count(0, 0, count)
        del self._held[:count]


def split_datagram(data: bytes) -> list[bytes]:
    """Return the frames of one UDP datagram: one, as a rule. What is cut off there is lost."""
    return Splitter().feed(data)

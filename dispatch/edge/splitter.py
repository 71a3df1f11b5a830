"""The commonest frame read at once: a whole, masked, unfragmented text (RFC 6455, section 5.2).

The parser of `websockets` is a generator that is resumed four times a frame: 25 µs, where this
takes two. Whatever is not exactly such a frame goes to that parser, whole: it knows all the rest.
"""

from typing import Final, NamedTuple

# `apply_mask` is the one in C, if that is built.
from websockets.frames import CONT, TEXT, Frame, apply_mask  # type: ignore[attr-defined]

from protocol import MAX_FRAME_BYTES

_WHOLE_TEXT: Final = 0x81
_FIN: Final = 0x80
_OPCODE: Final = 0x0F
_MASKED: Final = 0x80
_MASK_BYTES: Final = 4


class Piece(NamedTuple):
    """The payload of a text frame, or (`is_text` false) bytes that are for the parser."""

    is_text: bool
    data: bytes


class Splitter:
    """The bytes of one connection after its handshake. It never holds more than one frame."""

    __slots__ = ("_gave_up", "_in_fragments", "_partial")

    def __init__(self) -> None:
        self._partial = b""
        self._in_fragments = False
        self._gave_up = False

    def split(self, data: bytes) -> list[Piece]:
        """Take what was read, and return what is complete, in order."""
        if self._gave_up:
            return [Piece(False, data)]
        if self._partial:
            data = self._partial + data
        pieces: list[Piece] = []
        start, end = 0, len(data)
        while end - start >= 2:
            payload, stop = _extent(data, start)
            if stop - payload > MAX_FRAME_BYTES:
                self._gave_up = True  # the parser refuses it by its header, and ends the connection
                pieces.append(Piece(False, data[start:]))
                start = end
                break
            if stop > end:
                break
            if data[start] == _WHOLE_TEXT and data[start + 1] & _MASKED and not self._in_fragments:
                mask = data[payload - _MASK_BYTES : payload]
                pieces.append(Piece(True, apply_mask(data[payload:stop], mask)))
            else:
                self._note_fragments(data[start])
                pieces.append(Piece(False, data[start:stop]))
            start = stop
        self._partial = data[start:]
        return pieces

    def _note_fragments(self, first_byte: int) -> None:
        """A text amid the fragments of another is the parser's to refuse (section 5.4)."""
        opcode = first_byte & _OPCODE
        if opcode < 8:  # control frames may come in between
            self._in_fragments = not first_byte & _FIN


def _extent(data: bytes, start: int) -> tuple[int, int]:
    """Where a frame's payload begins and ends; past the data, while its header is not all there."""
    size = data[start + 1] & 0x7F
    payload = start + 2
    if size >= 126:
        width = 2 if size == 126 else 8
        size = int.from_bytes(data[payload : payload + width])
        payload += width
        if len(data) < payload:
            return payload, len(data) + 1
    if data[start + 1] & _MASKED:
        payload += _MASK_BYTES
    return payload, payload + size


def joined(fragments: bytes, frame: Frame) -> tuple[bytes | None, bytes]:
    """Join a frame to the fragments before it (RFC 6455, section 5.4): a message once it is whole,
    and the fragments so far. Their total is bounded by the protocol object."""
    if frame.opcode not in (TEXT, CONT):
        return None, fragments
    data = bytes(frame.data) if frame.opcode is TEXT else fragments + frame.data
    return (data, b"") if frame.fin else (None, data)

"""What counts as a picture: one whole JPEG (ITU-T T.81), read as far as its frame header.

A gateway asks before it takes a camera's picture, the console before it keeps one. Nothing is
decoded: whether the lines between hold anything is for eyes to see.
"""

from typing import Final, NamedTuple

from protocol.limits import PICTURE_MAX_BYTES, PICTURE_MAX_PIXELS

CONTENT_TYPES: Final = frozenset({"image/jpeg", "image/jpg", "image/pjpeg"})
"""The first is right (RFC 2046, section 4.2); cameras say the others too."""

_START: Final = b"\xff\xd8"
_END: Final = b"\xff\xd9"
_SCAN: Final = 0xDA
# Table B.1: the frame headers SOF0 to SOF15, without DHT, JPG and DAC that lie among them.
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
# TEM and RST0 to RST7 stand alone; every other segment says how long it is.
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})


class NotJpeg(ValueError):  # noqa: N818 - an answer about the bytes, not a fault of ours
    """These bytes are not a picture that we take. The message says why."""


class Size(NamedTuple):
    """The dimensions of a picture."""

    width_px: int
    height_px: int


def read_size(picture: bytes) -> Size:
    """Check a picture and return its size. Raises `NotJpeg`."""
    if len(picture) > PICTURE_MAX_BYTES:
        raise NotJpeg(f"larger than {PICTURE_MAX_BYTES} bytes")
    if not picture.startswith(_START):
        raise NotJpeg("does not begin as a JPEG does")
    size, scan_at = _headers(picture)
    if picture.find(_END, scan_at) < 0:
        raise NotJpeg("ends in the middle")
    if not 0 < size.width_px * size.height_px <= PICTURE_MAX_PIXELS:
        raise NotJpeg(f"{size.width_px} by {size.height_px} pixels")
    return size


def _headers(picture: bytes) -> tuple[Size, int]:
    """Read the segments before the first scan: the frame's size, and where the scan begins."""
    size = None
    at = len(_START)
    while at + 4 <= len(picture):
        if picture[at] != 0xFF:
            raise NotJpeg("has no marker where one must be")
        marker = picture[at + 1]
        if marker == 0xFF:  # fill, B.1.1.2
            at += 1
            continue
        if marker in _ALONE:
            at += 2
            continue
        length = int.from_bytes(picture[at + 2 : at + 4])
        if length < 2:
            raise NotJpeg("has a segment without a length")
        if marker in _FRAMES:
            size = _frame_size(picture[at + 4 : at + 2 + length])
        elif marker == _SCAN:
            if size is None:
                break
            return size, at + 2 + length
        at += 2 + length
    raise NotJpeg("ends before its picture begins")


def _frame_size(header: bytes) -> Size:
    """Read a frame header (B.2.2): the precision, then height and width."""
    if len(header) < 5:
        raise NotJpeg("has a frame header cut short")
    return Size(int.from_bytes(header[3:5]), int.from_bytes(header[1:3]))

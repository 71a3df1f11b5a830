"""The envelope of a DC-09 message (5.5.1): LF, CRC, length, header and body, CR."""

import re
from dataclasses import dataclass
from typing import Final

from protocol.sia_dc09.bounds import BODY_BYTES_MAX
from protocol.sia_dc09.crc import crc16
from protocol.sia_dc09.faults import Fault, Reason
from protocol.sia_dc09.header import Header, read_header, write_header

OPENING: Final = re.compile(
    rb'\n(?:(?P<crc>[0-9A-Fa-f]{4})|(?P<binary>..))(?P<length>0[0-9A-Fa-f]{3})(?=")', re.DOTALL
)
"""How a frame begins. Some panels write the CRC as two bytes, which may be any, LF and CR too. The
quote stands where the other form has a hexadecimal digit, so nothing passes for both."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame whose length and CRC are right."""

    header: Header
    body: bytes
    """What follows the `[`, up to the CR; encrypted if the header says so."""


def read_frame(raw: bytes) -> Frame | Fault:
    """Check one frame, from LF to CR, and read its header."""
    opening = OPENING.match(raw)
    if opening is None or not raw.endswith(b"\r"):
        return Fault(Reason.NO_FRAME)
    text = raw[opening.end() : -1]
    if int(opening["length"], 16) != len(text):
        return Fault(Reason.BAD_LENGTH)
    binary = opening["binary"]
    crc = int(opening["crc"], 16) if binary is None else int.from_bytes(binary, "big")
    if crc != crc16(text):
        return Fault(Reason.BAD_CRC)
    found = read_header(text)
    return Fault(Reason.BAD_HEADER) if found is None else Frame(*found)


def write_frame(frame: Frame) -> bytes:
    """Write one frame, from LF to CR. Raises `ValueError` if it is longer than a frame can be."""
    text = write_header(frame.header) + frame.body
    if len(text) > BODY_BYTES_MAX:
        raise ValueError(f"a frame's text is {len(text)} bytes long; it holds {BODY_BYTES_MAX}")
    return b"\n%04X%04X%b\r" % (crc16(text), len(text), text)

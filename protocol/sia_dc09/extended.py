"""The extended data of a message (5.5.1.8): where it is, when it happened, what people call it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from protocol.messages import Position
from protocol.sia_dc09.bounds import TEXT_CHARS_MAX
from protocol.sia_dc09.timestamp import read_timestamp

_ANGLE: Final = re.compile(rb"([0-9]{1,3})([NSEW])([0-9]{1,2}(?:\.[0-9]{0,20})?)")
"""Degrees, hemisphere, minutes: `006E07.7777777`."""
_LETTERS: Final = frozenset((b"X", b"Y", b"H", b"I", b"L", b"V", b"M"))


@dataclass(frozen=True, slots=True)
class Details:
    """What came with a message beside its events. It is the panel's word, to be shown as such."""

    position: Position | None = None
    """X and Y."""
    occurred_at_s: int | None = None
    """H: when it happened, by the panel's clock; it may have been sent later."""
    alarm_text: str = ""
    """I."""
    location: str = ""
    """L: such as a floor, a room."""
    verification_url: str = ""
    """V: where pictures or sound are said to be."""
    mac_address: str = ""
    """M: twelve hexadecimal digits."""
    unread: tuple[bytes, ...] = ()
    """What is of another kind, or cannot be read."""


def read_details(fields: Iterable[bytes]) -> Details:
    """Read the fields of a message. One that cannot be read keeps no other from it."""
    found: dict[bytes, bytes] = {}
    unread = []
    for field in fields:
        letter = field[:1]
        if letter in _LETTERS and letter not in found:
            found[letter] = field[1:]
        else:
            unread.append(field)
    position = read_position(found.get(b"Y", b""), found.get(b"X", b""))
    occurred_at_s = read_timestamp(found.get(b"H", b""))
    unread += [
        letter + found[letter]
        for letter, read in ((b"X", position), (b"Y", position), (b"H", occurred_at_s))
        if letter in found and read is None
    ]
    return Details(
        position=position,
        occurred_at_s=occurred_at_s,
        alarm_text=read_text(found.get(b"I", b"")),
        location=read_text(found.get(b"L", b"")),
        verification_url=read_text(found.get(b"V", b"")),
        mac_address=read_text(found.get(b"M", b"")),
        unread=tuple(unread),
    )


def read_position(latitude: bytes, longitude: bytes) -> Position | None:
    """Read what stands after Y and X. None: they are no place on Earth."""
    lat, lon = _degrees(latitude, b"NS", 90), _degrees(longitude, b"EW", 180)
    return None if lat is None or lon is None else Position(lat=lat, lon=lon)


def write_position(position: Position) -> tuple[bytes, bytes]:
    """Write the fields X and Y, to 0.2 mm."""
    return (
        b"X" + _angle(position.lon, "EW", degrees_width=3),
        b"Y" + _angle(position.lat, "NS", degrees_width=2),
    )


def read_text(text: bytes) -> str:
    """Read a text for people: UTF-8 or else Windows-1252, as panels write both; one line of it."""
    try:
        read = text.decode()
    except UnicodeDecodeError:
        read = text.decode("cp1252", errors="replace")
    kept = read[:TEXT_CHARS_MAX]
    return "".join(sign if sign.isprintable() else " " for sign in kept).strip()


def _degrees(angle: bytes, hemispheres: bytes, degrees_max: int) -> float | None:
    found = _ANGLE.fullmatch(angle)
    if found is None or found[2] not in hemispheres or float(found[3]) >= 60:
        return None
    degrees = int(found[1]) + float(found[3]) / 60
    if degrees > degrees_max:
        return None
    return degrees if found[2] == hemispheres[:1] else -degrees


def _angle(degrees: float, hemispheres: str, *, degrees_width: int) -> bytes:
    units = round(abs(degrees) * 60 * 10**7)  # ten-millionths of a minute
    whole, rest = divmod(units, 60 * 10**7)
    hemisphere = hemispheres[degrees < 0]
    return f"{whole:0{degrees_width}}{hemisphere}{rest / 10**7:010.7f}".encode()

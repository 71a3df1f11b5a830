"""What follows the `[` of a message in clear: `data][extended data]…_timestamp` (5.5.1.7)."""

import re
from dataclasses import dataclass
from typing import Final

_CONTENT: Final = re.compile(
    rb"(?P<data>[^\]]*)\](?P<extended>(?:\[[^\[\]]*\])*)(?P<rest>.*?)(?:_(?P<timestamp>[^_\[\]]*))?",
    re.DOTALL,
)
_ENDS_A_PART: Final = re.compile(rb"[\[\]\r\n]")


@dataclass(frozen=True, slots=True)
class Content:
    """The parts of a message, each as it was written."""

    data: bytes
    extended: tuple[bytes, ...] = ()
    """Each begins with the letter that says what it is."""
    timestamp: bytes | None = None
    rest: bytes = b""
    """What stands where only these may, as after a bracket in a text. The data still count."""


def read_content(text: bytes) -> Content | None:
    """Take what follows a `[` apart. None: no `]` ends the data."""
    found = _CONTENT.fullmatch(text)
    if found is None:
        return None
    extended = found["extended"]
    fields = tuple(extended[1:-1].split(b"][")) if extended else ()
    return Content(found["data"], fields, found["timestamp"], found["rest"])


def write_content(content: Content) -> bytes:
    """Put the parts together. Raises `ValueError` for bytes that would end a part too early."""
    for part in (content.data, *content.extended):
        if _ENDS_A_PART.search(part):
            raise ValueError(f"{part!r}: brackets, CR and LF cannot be written in a message")
    fields = b"".join(b"[%b]" % field for field in content.extended)
    stamp = b"" if content.timestamp is None else b"_" + content.timestamp
    return content.data + b"]" + fields + stamp

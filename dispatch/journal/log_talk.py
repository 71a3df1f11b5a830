"""What a core and the process of its log say to each other, over one socket.

core ──▶ log   `Append`, `Drained`, `Compact`, `Distrust`; its end means: store what waits, then end
log ──▶ core   `Refused`; or `Opened`, as soon as it is, and `Told` at once and whenever that has
               changed; `Stored` and `Failure` for every `Append`, in order

To the log goes MessagePack (states are bytes), with the length in front; to the core a JSON value a
line.
"""

import struct
from typing import Final, TypeAlias

import msgspec

from dispatch.core.entry import Entry
from dispatch.journal.faults import Failure, Reason
from dispatch.journal.status import LogState


class Append(msgspec.Struct, frozen=True, tag="append", array_like=True, gc=False):
    """Entries numbered from `first_seq`; they are stored together or not at all."""

    first_seq: int
    entries: tuple[Entry, ...]


class Drained(msgspec.Struct, frozen=True, tag="drained", array_like=True):
    """PostgreSQL has everything up to `seq`."""

    seq: int


class Compact(msgspec.Struct, frozen=True, tag="compact", array_like=True):
    """Drop drained lines that nobody needs any more."""

    now_ms: int


class Distrust(msgspec.Struct, frozen=True, tag="distrust", array_like=True):
    """A reader found the file of this name damaged."""

    name: str
    reason: Reason


class Stored(msgspec.Struct, frozen=True, tag="stored"):
    """Everything up to `seq` is on the disk, but for what `Failure` named before."""

    seq: int


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The log is not ours to write; the text says what to do."""

    text: str


class Opened(msgspec.Struct, frozen=True, tag="opened"):
    """The log is open; numbers go on above `last_seq`."""

    log_id: str
    last_seq: int


class Told(msgspec.Struct, frozen=True, tag="told"):
    """How the log is; what waits is counted where it is appended."""

    file: str
    """The name of the file that is the log."""
    drained_seq: int
    state: LogState


Asked: TypeAlias = Append | Drained | Compact | Distrust
Answered: TypeAlias = Stored | Failure | Refused | Opened | Told

_LENGTH: Final = struct.Struct("<I")
_encode_asked: Final = msgspec.msgpack.Encoder().encode
_decode_asked: Final = msgspec.msgpack.Decoder(Asked).decode
_encode_answered: Final = msgspec.json.Encoder().encode
_decode_answered: Final = msgspec.json.Decoder(Answered).decode


def pack(asked: Asked) -> bytes:
    """Write what the core asks for."""
    body = _encode_asked(asked)
    return _LENGTH.pack(len(body)) + body


def line_of(answered: Answered) -> bytes:
    """Write what the log answers."""
    return _encode_answered(answered) + b"\n"


class Unpacker:
    """Puts together what was asked, however it was cut up on the way."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Asked]:
        """Return what is whole by now. Raises `msgspec.DecodeError`: the other end has a bug."""
        data = self._rest + data
        asked: list[Asked] = []
        at, size = 0, len(data)
        while at + _LENGTH.size <= size:
            end = at + _LENGTH.size + _LENGTH.unpack_from(data, at)[0]
            if end > size:
                break
            asked.append(_decode_asked(data[at + _LENGTH.size : end]))
            at = end
        self._rest = data[at:]
        return asked


class Lines:
    """Puts together what was answered."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Answered]:
        """Return what is whole by now. Raises `msgspec.DecodeError`: the other end has a bug."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [_decode_answered(line) for line in lines]

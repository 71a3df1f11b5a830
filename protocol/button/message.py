"""The button datagram on the wire: what a button says in 64 bytes, and is answered in 32.

Layouts, codes and their reasons: `protocol/button.md`. All numbers are big-endian.
"""

import hashlib
import hmac
import math
import struct
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

from protocol.messages import Position
from protocol.vocabulary import Kind, Stage

MESSAGE_BYTES: Final = 64
ANSWER_BYTES: Final = 32
MAC_BYTES: Final = 16
TAG_BYTES: Final = 8
KEY_BYTES: Final = 32

VERSION: Final = 0xB1
"""The first byte both ways: its high half names this protocol, its low half the version."""

_MESSAGE: Final = struct.Struct(">BB8sQIQBB6siiH")
_ANSWER: Final = struct.Struct(">BBIBBQ")
_UP: Final = b"up"
_DOWN: Final = b"down"
_UNKNOWN_8: Final = 0xFF
_UNKNOWN_16: Final = 0xFFFF
_NOWHERE: Final = -(2**31)
_STORED: Final = 0x01
_CANCEL_ANSWERED: Final = 0x02
_E7: Final = 1e7
_EPOCH_MS_MAX: Final = 253_402_300_799_999  # the end of the year 9999, as in `EpochMs`


class MessageType(IntEnum):
    """What a button has to say."""

    PRESS = 1
    CANCEL = 2
    HEARTBEAT = 3


class Progress(IntEnum):
    """How far a press has got, in one byte of an answer."""

    ALIVE = 0
    """Of a heartbeat: it was heard."""
    WAITING = 1
    """The gateway has the press, the server has not said so yet: nobody has been called."""
    RECEIVED = 2
    DELIVERED = 3
    ACCEPTED = 4
    ON_SCENE = 5
    CLOSED = 6
    REFUSED = 7
    """It will never be taken: the device is not, or no longer, allowed to press."""


CHALLENGE: Final = 0x80
"""In the place of the progress: the device's counter is not believed; see `Challenge`."""

PROGRESS: Final = MappingProxyType(
    {
        Stage.RECEIVED: Progress.RECEIVED,
        Stage.DELIVERED: Progress.DELIVERED,
        Stage.ACCEPTED: Progress.ACCEPTED,
        Stage.ON_SCENE: Progress.ON_SCENE,
        Stage.CLOSED: Progress.CLOSED,
    }
)
"""The stage of a receipt, as a button is told it."""

KINDS: Final = MappingProxyType(
    {
        1: Kind.PANIC,
        2: Kind.SILENT,
        3: Kind.MEDICAL,
        4: Kind.FIRE,
        5: Kind.INTRUSION,
        6: Kind.TEST,
    }
)
"""What the kind's byte means. Any other calls for help all the same: it is a panic."""

_TYPES: Final = MappingProxyType({each.value: each for each in MessageType})
_PROGRESSES: Final = MappingProxyType({each.value: each for each in Progress})
_CODE_OF: Final = MappingProxyType({kind: code for code, kind in KINDS.items()})


class Reception(StrEnum):
    """What became of the bytes that came."""

    FRESH = "fresh"
    """Authentic, and never heard before."""
    REPLAYED = "replayed"
    """Authentic, but its counter was heard before: it is challenged."""
    STALE = "stale"
    """Authentic, but too old to know, or from a device that has lost its count: challenged too."""
    WRONG_LENGTH = "wrong_length"
    NOT_OURS = "not_ours"
    """Its first byte is not this protocol's, or another device's tag is in it."""
    UNKNOWN_VERSION = "unknown_version"
    UNKNOWN_TYPE = "unknown_type"
    """Authentic, but of no type or progress that this version has."""
    BAD_MAC = "bad_mac"


@dataclass(frozen=True, slots=True)
class Message:
    """What a button says. `counter` grows with every message that it ever sends."""

    type: MessageType
    tag: bytes
    """`tag_of` its device id."""
    counter: int
    """Starts of the device (high 32 bits; 0: it has lost count), messages since (low 32 bits)."""
    salt: int = 0
    """Drawn by the device at each start, so that no two starts ask the same."""
    press: int = 0
    """The counter of the press' first message: its number. 0: of a heartbeat."""
    kind: Kind = Kind.PANIC
    battery_percent: int | None = None
    """None: it has none, or does not know."""
    pressed_at_ms: int | None = None
    """By the device's clock; the same in every message of the press. None: it knows no time."""
    position: Position | None = None
    mac: bytes = b""
    """As it came; answers are bound to it."""

    @property
    def is_repeated(self) -> bool:
        """Whether the device has sent this press before. Nobody may have heard it then."""
        return self.press != self.counter


@dataclass(frozen=True, slots=True)
class Answer:
    """What a button is answered: how far its press has got, and what time it is."""

    progress: Progress
    sequence: int
    """The low 32 bits of the counter of the message that is answered."""
    now_ms: int
    stored: bool = False
    """The press survives whatever happens to the server: the button may stop sending it."""
    cancel_answered: bool = False
    """The server has noted the cancel, or will not: the button may stop sending it."""
    eta_min: int | None = None
    """Minutes until the patrol arrives, rounded up."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """Asks for the message once more, with `boot` or more in the counter's high bits.

    No older message holds so high a number, so whoever answers has the key and is alive now.
    """

    sequence: int
    boot: int


def tag_of(device_id: str) -> bytes:
    """Return the eight bytes by which messages name their device."""
    return hashlib.sha256(b"tag" + device_id.encode()).digest()[:TAG_BYTES]


def tag_in(datagram: bytes) -> bytes | Reception:
    """Read whose message this claims to be, so that its key can be found."""
    fault = _fault_of(datagram, MESSAGE_BYTES)
    return fault or datagram[2 : 2 + TAG_BYTES]


def encode_message(key: bytes, message: Message) -> bytes:
    """Write a message as its device does. Raises `struct.error` for a number that does not fit."""
    lat_e7, lon_e7, accuracy_m = packed(message.position)
    said = _MESSAGE.pack(
        VERSION,
        message.type,
        message.tag,
        message.counter,
        message.salt,
        message.press,
        0 if message.type is MessageType.HEARTBEAT else _CODE_OF[message.kind],
        _UNKNOWN_8 if message.battery_percent is None else message.battery_percent,
        (message.pressed_at_ms or 0).to_bytes(6),
        lat_e7,
        lon_e7,
        accuracy_m,
    )
    return said + _mac(key, _UP, said)


def decode_message(key: bytes, datagram: bytes) -> Message | Reception:
    """Read a message. Before its MAC is found good, nothing of it is believed.

    A detail that cannot be used (a latitude of 95, a battery of 200 %) is left out, and an unknown
    kind is a panic: neither stops a press.
    """
    fault = _fault_of(datagram, MESSAGE_BYTES)
    if fault:
        return fault
    said, mac = datagram[:-MAC_BYTES], datagram[-MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, _UP, said)):
        return Reception.BAD_MAC
    _, code, tag, counter, salt, press, kind, battery, pressed_at, *place = _MESSAGE.unpack(said)
    type_ = _TYPES.get(code)
    if type_ is None:
        return Reception.UNKNOWN_TYPE
    pressed_at_ms = int.from_bytes(pressed_at)
    return Message(
        type=type_,
        tag=tag,
        counter=counter,
        salt=salt,
        press=press or (counter if type_ is MessageType.PRESS else 0),
        kind=KINDS.get(kind, Kind.PANIC),
        battery_percent=battery if battery <= 100 else None,
        pressed_at_ms=pressed_at_ms if 0 < pressed_at_ms <= _EPOCH_MS_MAX else None,
        position=_position(*place),
        mac=mac,
    )


def encode_answer(key: bytes, question_mac: bytes, answer: Answer | Challenge) -> bytes:
    """Write the answer to the message that had this MAC; it fits no other."""
    if isinstance(answer, Challenge):
        said = _ANSWER.pack(VERSION, CHALLENGE, answer.sequence, 0, 0, answer.boot)
    else:
        flags = _STORED * answer.stored | _CANCEL_ANSWERED * answer.cancel_answered
        eta_min = _UNKNOWN_8 if answer.eta_min is None else min(answer.eta_min, _UNKNOWN_8 - 1)
        said = _ANSWER.pack(
            VERSION, answer.progress, answer.sequence, flags, eta_min, answer.now_ms
        )
    return said + _mac(key, _DOWN, question_mac + said)


def decode_answer(
    key: bytes, question_mac: bytes, datagram: bytes
) -> Answer | Challenge | Reception:
    """Read the answer to the message that had this MAC."""
    fault = _fault_of(datagram, ANSWER_BYTES)
    if fault:
        return fault
    said, mac = datagram[:-MAC_BYTES], datagram[-MAC_BYTES:]
    if not hmac.compare_digest(mac, _mac(key, _DOWN, question_mac + said)):
        return Reception.BAD_MAC
    _, code, sequence, flags, eta_min, value = _ANSWER.unpack(said)
    if code == CHALLENGE:
        return Challenge(sequence, value)
    progress = _PROGRESSES.get(code)
    if progress is None:
        return Reception.UNKNOWN_TYPE
    return Answer(
        progress=progress,
        sequence=sequence,
        now_ms=value,
        stored=bool(flags & _STORED),
        cancel_answered=bool(flags & _CANCEL_ANSWERED),
        eta_min=None if eta_min == _UNKNOWN_8 else eta_min,
    )


def _fault_of(datagram: bytes, size: int) -> Reception | None:
    if len(datagram) != size:
        return Reception.WRONG_LENGTH
    if datagram[0] >> 4 != VERSION >> 4:
        return Reception.NOT_OURS
    return None if datagram[0] == VERSION else Reception.UNKNOWN_VERSION


def _mac(key: bytes, direction: bytes, said: bytes) -> bytes:
    return hmac.digest(key, direction + said, "sha256")[:MAC_BYTES]


def packed(position: Position | None) -> tuple[int, int, int]:
    """Return a position as a message has it; an accuracy is never made better."""
    if position is None:
        return _NOWHERE, _NOWHERE, _UNKNOWN_16
    accuracy_m = _UNKNOWN_16
    if position.accuracy_m is not None:
        accuracy_m = min(math.ceil(position.accuracy_m), _UNKNOWN_16 - 1)
    return round(position.lat * _E7), round(position.lon * _E7), accuracy_m


def _position(lat_e7: int, lon_e7: int, accuracy_m: int) -> Position | None:
    lat, lon = lat_e7 / _E7, lon_e7 / _E7
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        return None
    return Position(
        lat=lat, lon=lon, accuracy_m=None if accuracy_m == _UNKNOWN_16 else float(accuracy_m)
    )

"""What generators are told to do, and what they saw."""

from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

Nanoseconds = NDArray[np.int64]
"""Of CLOCK_MONOTONIC, which all processes of a machine share; 0: never."""

ID_CHARS: Final = 36
NUMBER_AT: Final = 24
"""Where an id says which press it is, as hexadecimal digits up to its end."""
KINDS: Final = ("panic", "medical", "fire")
"""No two of them are ever one emergency: so each sender can have an alert of each open at once."""


class Round(msgspec.Struct, frozen=True):
    """Presses on a fixed schedule: press `first + n * step` is due at `start_ns + n * every_ns`."""

    first: int
    step: int
    count: int
    start_ns: int
    every_ns: int

    @property
    def end_ns(self) -> int:
        """When the last press is due."""
        return self.start_ns + max(0, self.count - 1) * self.every_ns


class Traffic(msgspec.Struct):
    """What went over the generators' sockets in a round."""

    said: int = 0
    """Messages sent: presses and confirmations."""
    alerts: int = 0
    receipts: int = 0
    others: int = 0
    """Messages that a round should not bring: errors, rings, notices."""
    reads: int = 0
    """Reads that brought something: what the server wrote joined counts once."""
    hung_up: int = 0
    """Connections that ended, whoever ended them."""

    def __add__(self, other: "Traffic") -> "Traffic":
        """Both together."""
        names = self.__struct_fields__
        return Traffic(*(getattr(self, name) + getattr(other, name) for name in names))


class Calls(msgspec.Struct):
    """What one generator saw of a round, or all of them together."""

    numbers: NDArray[np.int64]
    senders: NDArray[np.int64]
    due_ns: Nanoseconds
    sent_ns: Nanoseconds
    receipt_ns: Nanoseconds
    stored_ns: Nanoseconds
    shown_numbers: NDArray[np.int64]
    """One row for each alert that a handheld was sent, and its version."""
    shown_handhelds: NDArray[np.int64]
    shown_versions: NDArray[np.int64]
    shown_ns: Nanoseconds
    traffic: Traffic
    cpu_ns: int
    """What the generator itself took."""
    surprises: list[str]
    """The first few messages that a round should not bring."""


SERIES_BITS: Final = 40
"""Presses whose numbers differ above these bits are of different series: each crowd answers what it
was told to raise, and only confirms the rest."""
SHOWN: Final = ("shown_numbers", "shown_handhelds", "shown_versions", "shown_ns")
ROWS: Final = ("numbers", "senders", "due_ns", "sent_ns", "receipt_ns", "stored_ns", *SHOWN)


def together(parts: list[Calls]) -> Calls:
    """Join what several generators, or several rounds, saw."""
    rows = {name: np.concatenate([getattr(part, name) for part in parts]) for name in ROWS}
    traffic = Traffic()
    for part in parts:
        traffic += part.traffic
    return Calls(
        **rows,
        traffic=traffic,
        cpu_ns=sum(part.cpu_ns for part in parts),
        surprises=[each for part in parts for each in part.surprises],
    )


def only_own(calls: Calls) -> Calls:
    """Leave out what handhelds were shown of presses of another series."""
    is_own = np.isin(calls.shown_numbers, calls.numbers)
    rows = {name: getattr(calls, name)[is_own] for name in SHOWN}
    return msgspec.structs.replace(calls, **rows)


def signal_id(stamp_ms: int, sender: int, number: int) -> bytes:
    """A UUID version 7 (RFC 9562, section 5.7) whose random bits say who pressed and which press
    it is, so that nobody needs a table to tell."""
    stamp = b"%012x" % stamp_ms
    high, low = divmod(sender, 1 << 12)
    return b"%s-%s-7%03x-8%03x-%012x" % (stamp[:8], stamp[8:], high, low, number)


def number_of(signal_id: bytes) -> int:
    """Which press an id names."""
    return int(signal_id[NUMBER_AT:], 16)


def sender_of(signal_id: bytes) -> int:
    """Whose press an id names."""
    return (int(signal_id[15:18], 16) << 12) | int(signal_id[20:23], 16)

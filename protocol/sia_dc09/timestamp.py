"""Times as DC-09 writes them, and whether one is near enough to the receiver's (5.5.1.9)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from protocol.sia_dc09.bounds import EARLIEST_S, LATEST_S

_FORMAT: Final = "%H:%M:%S,%m-%d-%Y"


@dataclass(frozen=True, slots=True)
class Window:
    """How far a panel's clock may be from the receiver's.

    `clock_offset_s` is for a panel that writes local time for UTC: what it adds to UTC, such as
    -18,000 in Colombia. It is a setting of one panel, and not guessed: whoever may choose between
    two clocks may also replay an old message.
    """

    earliest_s: float = EARLIEST_S
    latest_s: float = LATEST_S
    clock_offset_s: int = 0

    def holds(self, at_s: float, now_s: float) -> bool:
        """Say whether a message of `at_s` may arrive at `now_s` (both seconds since the epoch)."""
        return self.earliest_s <= at_s - self.clock_offset_s - now_s <= self.latest_s

    def in_utc(self, at_s: int | None) -> int | None:
        """Return a time of the panel's as everybody else has it; none is none."""
        return None if at_s is None else at_s - self.clock_offset_s


def read_timestamp(text: bytes) -> int | None:
    """Read `HH:MM:SS,MM-DD-YYYY` as seconds since the epoch. None: it is no time."""
    try:
        return int(datetime.strptime(text.decode("ascii"), _FORMAT).replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None


def write_timestamp(at_s: float) -> bytes:
    """Write a time, given in seconds since the epoch, to the whole second before it.

    Raises `ValueError` or `OverflowError` beyond the years 1 to 9999.
    """
    at = datetime.fromtimestamp(at_s // 1, UTC)
    return f"{at:%H:%M:%S,%m-%d}-{at.year:04}".encode()

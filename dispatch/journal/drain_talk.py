"""What a core and its drain say to each other, a JSON value a line.

core ──▶ drain   `Begin`, then the number of the last stored entry, whenever it has moved on
drain ──▶ core   `DrainStatus`, whenever it has changed; `FoundDamaged`
"""

from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from dispatch.journal.faults import Reason

GATHER_S: Final = 0.2
"""How long entries may wait for others to be drained with: a transaction of a few rows costs as
much CPU, here and in PostgreSQL, as one of many."""
LINE_MAX_BYTES: Final = 64 * 1024


class Begin(msgspec.Struct, frozen=True):
    """What to drain, and whereto. On the way of the secret in it nobody else reads along."""

    dsn: str
    path: str
    """Of the log's first file; see `dispatch.journal.files`."""
    journal_id: str
    drained_seq: int
    stored_seq: int
    is_urgent: bool
    """Receipts wait for PostgreSQL: nothing is gathered, nothing told late."""


class Held(StrEnum):
    """Why nothing is drained, beside what `Unavailable` says of the store."""

    LOG_REWOUND = "log_rewound"
    """PostgreSQL has entries that the log no longer has: it is an older copy of itself."""
    FAULT = "fault"
    """A bug, the log's or our own."""
    ENDED = "ended"
    """The drain's process is gone; another follows."""


class DrainStatus(msgspec.Struct, frozen=True, tag="status"):
    """How far the drain is, and what is wrong."""

    drained_seq: int
    entries_behind: int
    """Counted by their numbers: those that a damaged log skipped count too, until it is past."""
    seconds_behind: float
    """The age, by the wall clock, of the first entry that PostgreSQL does not have."""
    refused: int
    """Entries put aside since the start: see the table `journal_refused`."""
    reason: str = ""
    """A word of `Unavailable` or `Held`, and details; empty while all is well."""


class FoundDamaged(msgspec.Struct, frozen=True, tag="found_damaged"):
    """A file of this name does not hold what was written to it."""

    name: str
    reason: Reason


Said: TypeAlias = DrainStatus | FoundDamaged

decode_begin: Final = msgspec.json.Decoder(Begin).decode
decode_stored_seq: Final = msgspec.json.Decoder(int).decode
decode_said: Final = msgspec.json.Decoder(Said).decode


def line_of(said: Begin | int | Said) -> bytes:
    """Write one line."""
    return msgspec.json.encode(said) + b"\n"

"""How the log is, for whoever watches."""

from dataclasses import dataclass
from enum import StrEnum

from dispatch.journal.faults import Reason


class Condition(StrEnum):
    """Whether what is appended now will be stored."""

    HEALTHY = "healthy"
    STALLED = "stalled"
    """The disk neither takes nor refuses: a commit has been under way for long."""
    FAILING = "failing"
    """The last attempt failed; the next one is tried with what is appended now."""
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class LogState:
    """The condition, why, and since when (wall clock)."""

    condition: Condition
    reason: Reason | None
    since_ms: int
    detail: str = ""
    waiting: int = 0
    """Entries of which nothing has been said yet."""
    wal_bytes: int = 0
    """As it was when it was last folded into the file."""

"""What the writer's thread is asked to do, and how much of it goes into one commit."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Final, TypeAlias

from dispatch.core.entry import Entry
from dispatch.journal.faults import Reason

BATCH_ENTRIES_MAX: Final = 2_000
BATCH_BYTES_MAX: Final = 4 * 2**20
"""The first of a burst are told before the last are written."""
ENTRY_OVERHEAD_BYTES: Final = 200
"""What an entry takes beside its state and view."""


def size_of(entries: Iterable[Entry]) -> int:
    """Return the bytes that these take while they wait."""
    return sum(
        len(entry.state or b"") + len(entry.view or b"") + ENTRY_OVERHEAD_BYTES for entry in entries
    )


@dataclass(frozen=True, slots=True)
class Append:
    """Entries numbered from `first_seq`; they are stored together or not at all."""

    first_seq: int
    entries: Sequence[Entry]
    size_bytes: int

    @property
    def last_seq(self) -> int:
        """The number of the last entry."""
        return self.first_seq + len(self.entries) - 1


@dataclass(frozen=True, slots=True)
class Note:
    """Something for the key-value place."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Compact:
    """Drop what is drained, but alerts that are open or closed since."""

    closed_before_ms: int


@dataclass(frozen=True, slots=True)
class MoveOn:
    """A reader found `damaged` not to hold what was written: salvage it into a fresh file."""

    damaged: str
    reason: Reason
    done: threading.Event


@dataclass(frozen=True, slots=True)
class Close:
    """Store what waits, then end."""


Work: TypeAlias = Append | Note | Compact | MoveOn | Close


@dataclass(slots=True)
class Batch:
    """What goes into one commit, in the order in which it was asked for."""

    appends: list[Append] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    compact: Compact | None = None
    move_on: list[MoveOn] = field(default_factory=list)
    is_last: bool = False
    entries: int = 0
    size_bytes: int = 0

    def add(self, work: Work) -> None:
        """Take one piece of work in."""
        match work:
            case Append():
                self.appends.append(work)
                self.entries += len(work.entries)
                self.size_bytes += work.size_bytes
            case Note():
                self.notes[work.name] = work.value
            case Compact():
                self.compact = work
            case MoveOn():
                self.move_on.append(work)
            case Close():
                self.is_last = True

    @property
    def is_full(self) -> bool:
        """Whether what follows belongs into the next commit."""
        return (
            self.entries >= BATCH_ENTRIES_MAX
            or self.size_bytes >= BATCH_BYTES_MAX
            or self.is_last
            or bool(self.move_on)
        )


def take(
    queue: "SimpleQueue[Work]",
    *,
    wait: bool,
    everything: bool,
    gather: Callable[[], object] = lambda: None,
) -> Batch:
    """Take what waits; with `wait`, something. `everything`: more than goes into one commit.

    Once there is something, `gather` may let more come before the rest is taken.
    """
    batch = Batch()
    try:
        if wait:
            batch.add(queue.get())
            gather()
        while everything or not batch.is_full:
            batch.add(queue.get_nowait())
    except Empty:
        pass
    return batch

"""Everything the dispatcher knows of its jurisdiction, in one place with one owner."""

import heapq
import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from dispatch.core.alert import Alert
from dispatch.core.board import Board
from dispatch.core.presence import Presence
from dispatch.core.registry import Registry
from dispatch.core.whereabouts import LastKnown

AT_ONCE_S: Final = 0.0
"""A monotonic time that is always past."""


class Deadlines:
    """When to look at which alert again, soonest first.

    Only a reminder: what is due is a fact of the alert. Each alert has at most one that counts, its
    soonest; one that comes to nothing (the alert was answered meanwhile) needs no removal, for
    whoever looks at an alert sets its next.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, str]] = []
        self._soonest: dict[str, float] = {}

    def remind(self, at_s: float | None, alert_id: str) -> None:
        """Look at this alert by this monotonic time; None is never."""
        if at_s is not None and at_s < self.reminder_s(alert_id):
            self._soonest[alert_id] = at_s
            heapq.heappush(self._heap, (at_s, alert_id))

    def reminder_s(self, alert_id: str) -> float:
        """Return when an alert will be looked at."""
        return self._soonest.get(alert_id, math.inf)

    def next_s(self) -> float | None:
        """Return the monotonic time of the next reminder, if there is one."""
        return self._heap[0][0] if self._heap else None

    def take_due(self, now_s: float) -> str | None:
        """Take the alert to look at now that has waited longest, if there is one."""
        while self._heap and self._heap[0][0] <= now_s:
            at_s, alert_id = heapq.heappop(self._heap)
            if at_s == self.reminder_s(alert_id):
                del self._soonest[alert_id]
                return alert_id
        return None


@dataclass(slots=True)
class City:
    """Who there is, who is here, what is up, and what is due."""

    registry: Registry
    boot: str = ""
    """Names the boot of the machine that the monotonic clock counts from; empty: unknown."""
    picture_key: bytes = field(default=b"", repr=False)
    """Seals the paths of pictures; empty: they are shown without."""
    presence: Presence = field(default_factory=Presence)
    board: Board = field(default_factory=Board)
    deadlines: Deadlines = field(default_factory=Deadlines)
    traded: dict[str, bytes] = field(default_factory=dict)
    """device id -> the digest of the enrolment code that it traded and has not greeted since."""
    changed: dict[str, Alert] = field(default_factory=dict)
    """The alerts that the event at hand has changed so far: what the journal is to keep."""
    unkept: dict[tuple[str, str], None] = field(default_factory=dict)
    """(alert id, signal id) of the presses at hand that wait to hear that they are stored."""
    rosters: dict[str, deque[str]] = field(default_factory=dict)
    """gateway id -> the devices behind it that it has not been told of yet."""
    sounding: dict[str, dict[str, None]] = field(default_factory=dict)
    """siren id -> the alerts that it is to sound for, or may still be heard in."""
    last_known: dict[str, LastKnown] = field(default_factory=dict)
    """device id -> the newest position that it reported; at most one a device."""

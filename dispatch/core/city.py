"""Everything the dispatcher knows of its jurisdiction, in one place with one owner."""

import heapq
from dataclasses import dataclass, field

from dispatch.core.board import Board
from dispatch.core.presence import Presence
from dispatch.core.registry import Registry
from dispatch.core.whereabouts import LastKnown


class Deadlines:
    """When to look at which alert again, soonest first.

    An entry is only a reminder: what is due is a fact of the alert, so an entry that came to
    nothing (the alert was answered meanwhile) needs no removal.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, str]] = []

    def remind(self, at_s: float | None, alert_id: str) -> None:
        """Look at this alert at a monotonic time; None is never."""
        if at_s is not None:
            heapq.heappush(self._heap, (at_s, alert_id))

    def next_s(self) -> float | None:
        """Return the monotonic time of the next reminder, if there is one."""
        return self._heap[0][0] if self._heap else None

    def due(self, now_s: float) -> list[str]:
        """Take the ids of the alerts to look at now, each once, in order."""
        alert_ids: dict[str, None] = {}
        while self._heap and self._heap[0][0] <= now_s:
            alert_ids[heapq.heappop(self._heap)[1]] = None
        return list(alert_ids)


@dataclass(slots=True)
class City:
    """Who there is, who is here, what is up, and what is due."""

    registry: Registry
    presence: Presence = field(default_factory=Presence)
    board: Board = field(default_factory=Board)
    deadlines: Deadlines = field(default_factory=Deadlines)
    last_known: dict[str, LastKnown] = field(default_factory=dict)
    """device id -> the newest position that it reported; at most one a device."""

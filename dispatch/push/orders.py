"""What waits to be pushed through one push service: the newest for each alert and address."""

import heapq
from dataclasses import dataclass
from itertools import count

from protocol.messages import PushTarget
from protocol.vocabulary import Stage, Urgency


@dataclass(frozen=True, slots=True)
class Order:
    """One push at one address. It is of no use after `expires_at_s`, by the clock of the loop."""

    alert_id: str
    device_id: str
    urgency: Urgency
    target: PushTarget
    expires_at_s: float
    stage: Stage | None = None
    """For whoever called: how far the call for help has got. None: for whoever is called."""
    attempts: int = 0

    @property
    def said(self) -> dict[str, str]:
        """What a page or an app is told: neither who calls nor where. It fetches what more it may
        know over its own session."""
        of_stage = {} if self.stage is None else {"stage": self.stage}
        return {"alert_id": self.alert_id, "urgency": self.urgency, **of_stage}

    @property
    def key(self) -> tuple[str, str]:
        """What a newer order replaces."""
        return self.alert_id, self.target.endpoint


class Orders:
    """A bounded queue, by when each may be tried. The oldest go when there are too many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: dict[tuple[str, str], tuple[int, Order]] = {}
        self._heap: list[tuple[float, int, tuple[str, str]]] = []
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, order: Order, due_s: float) -> int:
        """Let an order wait until `due_s`. Returns how many others had to go for it."""
        number = next(self._numbers)
        self._waiting.pop(order.key, None)
        self._waiting[order.key] = number, order
        heapq.heappush(self._heap, (due_s, number, order.key))
        dropped = len(self._waiting) > self._most
        if dropped:
            del self._waiting[next(iter(self._waiting))]
        if len(self._heap) > 2 * self._most:
            self._sweep()
        return int(dropped)

    def holds(self, order: Order) -> bool:
        """Say whether a newer order for the same alert and address waits."""
        return order.key in self._waiting

    def next_due_s(self) -> float | None:
        """Return when the next order may be tried, if one waits."""
        while self._heap and not self._is_current(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take(self, now_s: float) -> Order | None:
        """Take the order that has been due for longest, if one is."""
        due_s = self.next_due_s()
        if due_s is None or due_s > now_s:
            return None
        _, _, key = heapq.heappop(self._heap)
        return self._waiting.pop(key)[1]

    def _is_current(self, entry: tuple[float, int, tuple[str, str]]) -> bool:
        _, number, key = entry
        waiting = self._waiting.get(key)
        return waiting is not None and waiting[0] == number

    def _sweep(self) -> None:
        self._heap = [entry for entry in self._heap if self._is_current(entry)]
        heapq.heapify(self._heap)

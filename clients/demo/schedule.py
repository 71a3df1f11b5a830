"""Which incident is pressed next, by whom and as what, so that each becomes its own alert.

The server folds a press into an open alert of the same family of kinds when it comes from the same
device, or from another within about 100 m: rightly so, but then its receipt tells the place of that
alert and not its own. So no device has two incidents under way, and two that are under way near
each other are of different families.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from clients.demo.beats import M_PER_DEG, away_m
from clients.demo.incidents import Incident
from protocol.vocabulary import Kind

KINDS: Final = (Kind.PANIC, Kind.MEDICAL, Kind.FIRE)
"""One of each family that a patrol answers; a test is a drill."""
ACCURACY_M: Final = 5.0
KEEP_APART_M: Final = 130.0
"""Over the server's radius of 100 m, both fixes' accuracy, and a margin."""
LOOK_AHEAD: Final = 400
"""Incidents that may be pressed before one that has to wait."""
TRIES_MAX: Final = 3

_CELL_DEG: Final = 2 * KEEP_APART_M / M_PER_DEG
_Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Turn:
    """One press to make."""

    incident: Incident
    device_id: str
    kind: Kind


class Schedule:
    """The incidents that wait and those that are under way. Knows no clock and no network."""

    def __init__(self, incidents: Iterable[Incident], device_ids: Sequence[str]) -> None:
        self._waiting = deque(incidents)
        self.total = len(self._waiting)
        self._free = deque(device_ids)
        self._under_way: dict[str, Turn] = {}
        self._near: dict[_Cell, list[Turn]] = {}
        self._tries: Counter[str] = Counter()
        self.done = 0
        self.given_up = 0

    @property
    def under_way(self) -> int:
        """Incidents that were pressed and are not over."""
        return len(self._under_way)

    @property
    def is_over(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        return not self._waiting and not self._under_way

    def next_turn(self) -> Turn | None:
        """Choose the next press, and hold its device and its place. None: all have to wait."""
        if not self._free:
            return None
        for at in range(min(LOOK_AHEAD, len(self._waiting))):
            incident = self._waiting[at]
            kind = self._kind_for(incident)
            if kind is not None:
                del self._waiting[at]
                turn = Turn(incident, self._free.popleft(), kind)
                self._under_way[turn.device_id] = turn
                self._near.setdefault(_cell(incident), []).append(turn)
                return turn
        return None

    def over(self, turn: Turn, *, located: bool) -> None:
        """Let go of a press whose alert is closed. One that was not `located` is tried again."""
        del self._under_way[turn.device_id]
        self._free.append(turn.device_id)
        cell = _cell(turn.incident)
        self._near[cell].remove(turn)
        if not self._near[cell]:
            del self._near[cell]
        if located:
            self.done += 1
            return
        self._tries[turn.incident.incident_id] += 1
        if self._tries[turn.incident.incident_id] < TRIES_MAX:
            self._waiting.append(turn.incident)
        else:
            self.given_up += 1

    def _kind_for(self, incident: Incident) -> Kind | None:
        taken = {turn.kind for turn in self._neighbours(incident)}
        return next((kind for kind in KINDS if kind not in taken), None)

    def _neighbours(self, incident: Incident) -> Iterator[Turn]:
        row, column = _cell(incident)
        for cell in ((row + dy, column + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)):
            for turn in self._near.get(cell, ()):
                other = turn.incident
                apart_m = away_m(incident.lat, incident.lon, other.lat, other.lon)
                if apart_m < KEEP_APART_M:
                    yield turn


def _cell(incident: Incident) -> _Cell:
    # Twice the distance, so that a degree of longitude may shrink to half: up to 60° of latitude.
    return int(incident.lat // _CELL_DEG), int(incident.lon // _CELL_DEG)

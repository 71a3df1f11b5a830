"""PostgreSQL and the drain to it, by the rules of `dispatch/journal/drain.py` and `tables.py`."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.simulation.box_watch import open_in
from tests.simulation.clock import Agenda
from tests.simulation.disk import Log, Row, message_of, signals_of
from tests.simulation.rules import Broken

BATCH_ROWS = 40
QUICK_S = (0.0005, 0.003)
BATCH_DEADLINE_S = 5.0
RETRY_FIRST_S, RETRY_LAST_S = 0.1, 5.0


@dataclass(slots=True)
class Database:
    """What was committed. `mark` moves with it, only ever from where the drain believed it."""

    alerts: dict[str, Row] = field(default_factory=dict)
    events: dict[int, Row] = field(default_factory=dict)
    presses: set[str] = field(default_factory=set)
    messages: set[str] = field(default_factory=set)
    troubled: dict[str, set[str]] = field(default_factory=dict)
    """device id -> the troubles that it has, by its newest line."""
    mark: int = 0
    is_dead: bool = False
    slow_s: float = 0.0
    on_commit: Callable[[Sequence[Row]], None] = lambda _: None
    """What its triggers do, besides."""
    loses_answers: float = 0.0
    """How often a commit is done and nobody hears of it."""

    @property
    def open_troubles(self) -> set[str]:
        """The troubles that are open."""
        return set().union(*self.troubled.values())

    def commit(self, believed: int, rows: Sequence[Row]) -> int:
        """Write rows that follow the mark, unless it is elsewhere; return it."""
        if self.mark != believed or not rows:
            return self.mark
        for row in rows:
            if row.seq in self.events:
                raise Broken("each entry is drained once", f"entry {row.seq} was drained twice")
            self.events[row.seq] = row
            if (message_id := message_of(row.entry)) is not None:
                self.messages.add(message_id)
                continue
            known = self.alerts.get(row.entry.alert_id or "")
            is_newer = known is None or row.entry.version >= known.entry.version
            if row.entry.state is not None and row.entry.alert_id is not None:
                self.presses |= signals_of(row.entry)
                if is_newer:
                    self.alerts[row.entry.alert_id] = row
            elif row.entry.state is not None and row.entry.device_id is not None:
                self.troubled[row.entry.device_id] = open_in(row.entry.view)[0]
        self.mark = rows[-1].seq
        self.on_commit(rows)
        return self.mark


class Drain:
    """One life of the drain."""

    def __init__(
        self,
        database: Database,
        log: Log,
        drained_seq: int,
        agenda: Agenda,
        dice: random.Random,
        on_drained: Callable[[int], None],
    ) -> None:
        self._database = database
        self._log = log
        self._seq = drained_seq
        self._noted_seq = drained_seq
        self._agenda = agenda
        self._dice = dice
        self._on_drained = on_drained
        self._is_busy = False
        self._is_dead = False
        self._met = False
        self._retry_s = RETRY_FIRST_S

    def die(self) -> None:
        """The core is killed; a transaction under way is PostgreSQL's business."""
        self._is_dead = True

    def stir(self) -> None:
        """Something was stored: drain it."""
        if not self._is_busy and not self._is_dead:
            self._is_busy = True
            self._agenda.after(0.0, self._drain_batch)

    def _drain_batch(self) -> None:
        if self._is_dead:
            return
        rows = self._log.read_after(self._seq, BATCH_ROWS)
        if not rows and self._met:
            self._is_busy = False
            return
        if self._database.is_dead:
            self._try_again_later()
            return
        database, believed = self._database, self._seq
        takes_s = database.slow_s * self._dice.random() or self._dice.uniform(*QUICK_S)
        is_heard = self._dice.random() >= database.loses_answers and takes_s < BATCH_DEADLINE_S
        answer: list[int] = []

        def commit() -> None:
            if not database.is_dead:
                answer.append(database.commit(believed, rows))

        self._agenda.after(takes_s, commit)
        self._agenda.after(
            min(takes_s + 0.0001, BATCH_DEADLINE_S),
            lambda: self._heard(answer[0]) if answer and is_heard else self._unheard(rows),
        )

    def _heard(self, mark: int) -> None:
        if self._is_dead:
            return
        self._retry_s = RETRY_FIRST_S
        self._seq, self._met = mark, True
        self._on_drained(mark)
        if mark > self._noted_seq:
            self._noted_seq = mark
            self._log.put("drained_seq", str(mark))
        self._drain_batch()

    def _unheard(self, rows: Sequence[Row]) -> None:  # noqa: ARG002 - a canary's interest
        """Whether it was committed is not known: PostgreSQL's mark will tell."""
        self._try_again_later()

    def _try_again_later(self) -> None:
        if self._is_dead:
            return
        self._agenda.after(self._retry_s, self._drain_batch)
        self._retry_s = min(2 * self._retry_s, RETRY_LAST_S)

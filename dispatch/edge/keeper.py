"""Between the dispatcher and the durable log: what is appended, and who waits to hear of it."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Final, Protocol

import structlog

from dispatch.core.alert import Alert
from dispatch.core.effects import Append
from dispatch.core.entry import MESSAGE, Entry
from dispatch.core.events import Journaled, KeepAgain, NotStored, Stored
from dispatch.core.message_box import Message
from dispatch.journal import faults

KEPT_AGAIN_MAX: Final = 500
"""What became of so many alerts and devices is appended again at a look, if their lines failed:
the log has room for that."""

log = structlog.get_logger()

Presses = tuple[tuple[str, str], ...]
Subject = tuple[str, str]
"""An alert's id, or none and a device's: whose state a line holds."""
Tell = Callable[[Stored | Journaled | NotStored | KeepAgain], None]


class Log(Protocol):
    """What this needs of the log: `dispatch.edge.log_process`."""

    def append(self, entries: Sequence[Entry]) -> int:
        """Take entries in; return the number of the last one. Raises `faults.NotStored`."""


class Keeper:
    """Appends at once and never waits; tells the dispatcher when a press is stored, or is not.

    With `held_by_database` a press counts as stored only once PostgreSQL has committed it too.
    """

    def __init__(
        self,
        tell: Tell,
        tell_later: Callable[[Callable[[], None]], object],
        *,
        held_by_database: bool = False,
    ) -> None:
        self.log: Log | None = None
        """Set before anything is appended: the log calls back to this keeper."""
        self._tell = tell
        self._tell_later = tell_later
        self._held_by_database = held_by_database
        self._waiting: deque[tuple[int, Presses]] = deque()
        self._appended: deque[tuple[int, tuple[Subject, ...]]] = deque()
        """Appends that the log has not answered yet, and whose state they hold."""
        self._unkept: dict[Subject, None] = {}
        """Whose newest state may be in no file: at most once each alert and device there is."""
        self._log_seq = self._looked_seq = 0
        """How far the log is, and how far it was at the last look."""

    @property
    def waiting(self) -> int:
        """Count the appends whose senders have not heard yet."""
        return len(self._waiting)

    def recovered(self, alerts: Iterable[Alert], messages: Iterable[Message] = ()) -> None:
        """What an earlier run left is in the log; whether PostgreSQL has it, the drain will say.

        Raises `dispatch.journal.faults.NotStored` while the log is not open.
        """
        presses = []
        for alert in alerts:
            if self._held_by_database:
                presses += [(alert.alert_id, signal_id) for signal_id in alert.unstored]
                alert.unstored = dict.fromkeys(alert.unstored, True)
            else:
                alert.unstored.clear()
        for message in messages:
            message.is_stored = not self._held_by_database
            if self._held_by_database:
                presses.append((MESSAGE + message.message_id, message.message_id))
        if presses and self.log is not None:
            self._waiting.append((self.log.append(()), tuple(presses)))

    def append(self, effect: Append) -> None:
        """Give lines to the log. A refusal is told on the next turn of the loop, never within."""
        try:
            if self.log is None:
                raise faults.NotStored(faults.Reason.NOT_OPEN)
            seq = self.log.append(effect.entries)
        except faults.NotStored as refusal:
            log.error("not_stored", reason=refusal.reason, entries=len(effect.entries))
            self._unkept |= dict.fromkeys(_subjects(effect))
            if effect.presses:
                presses = effect.presses
                self._tell_later(lambda: self._tell(NotStored(presses)))
            return
        self._appended.append((seq, _subjects(effect)))
        if effect.presses:
            self._waiting.append((seq, effect.presses))

    def stored(self, seq: int) -> None:
        """The log has everything up to `seq` on the disk."""
        self._log_seq = seq
        while self._appended and self._appended[0][0] <= seq:
            self._appended.popleft()
        if not self._held_by_database:
            self._release(seq)

    def look(self) -> None:
        """Called every second. What failed is tried again; and what the log had at the last look
        already, and the database still has not, is told to be in the journal at least."""
        unkept = tuple(islice(self._unkept, KEPT_AGAIN_MAX))
        for subject in unkept:
            del self._unkept[subject]
        if unkept:
            alert_ids = tuple(alert_id for alert_id, _ in unkept if alert_id)
            device_ids = tuple(device_id for alert_id, device_id in unkept if not alert_id)
            self._tell(KeepAgain(alert_ids, device_ids))
        late = [press for seq, each in self._waiting if seq <= self._looked_seq for press in each]
        self._looked_seq = self._log_seq
        if self._held_by_database and late:
            self._tell(Journaled(tuple(late)))

    def drained(self, seq: int) -> None:
        """PostgreSQL has committed everything up to `seq`."""
        if self._held_by_database:
            self._release(seq)

    def failed(self, failure: faults.Failure) -> None:
        """The log will never have these."""
        log.error(
            "not_stored",
            reason=failure.reason,
            first=failure.first_seq,
            last=failure.last_seq,
            detail=failure.detail,
        )
        lost: list[tuple[str, str]] = []
        kept = deque[tuple[int, Presses]]()
        for seq, presses in self._waiting:
            if failure.first_seq <= seq <= failure.last_seq:
                lost += presses
            else:
                kept.append((seq, presses))
        self._waiting = kept
        for seq, subjects in self._appended:
            if failure.first_seq <= seq <= failure.last_seq:
                self._unkept |= dict.fromkeys(subjects)
        if lost:
            self._tell(NotStored(tuple(lost)))

    def _release(self, seq: int) -> None:
        stored: list[tuple[str, str]] = []
        while self._waiting and self._waiting[0][0] <= seq:
            stored += self._waiting.popleft()[1]
        if stored:
            self._tell(Stored(tuple(stored)))


def _subjects(effect: Append) -> tuple[Subject, ...]:
    """Whose state is in these lines."""
    return tuple(
        (entry.alert_id, "") if entry.alert_id else ("", entry.device_id or "")
        for entry in effect.entries
        if entry.state is not None
    )

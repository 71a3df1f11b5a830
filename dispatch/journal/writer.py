"""The one thread that writes the log: group commit, and back-off when the disk fails.

Everything that waits is committed at once, or, where one commit follows another, a few milliseconds
after it. A commit that returned is on the disk; only then is anybody told.
"""

import sqlite3
import threading
import time
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final

from dispatch.journal.faults import CannotOpen, Failure, Reason
from dispatch.journal.housekeeping import Housekeeping
from dispatch.journal.lines import line_of
from dispatch.journal.status import Condition, LogState
from dispatch.journal.storage import OPERATING, Gap, Storage
from dispatch.journal.work import Append, MoveOn, Work, take

BACK_OFF_S: Final = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Before each attempt after a failed one; the last goes on. Nobody waits longer to be told no."""
COMMITS_APART_S: Final = 0.003
"""A commit of one press takes 160 µs of CPU, one of four 70 µs a press: under load they share."""
GAPS_MAX: Final = 1_000
SLICES_EVERY_S: Final = 0.05
SLICES_S: Final = 0.02
"""While entries keep coming one slice of compaction; else for so long, as often."""

_BAD_ENTRY: Final = (
    TypeError,
    OverflowError,
    UnicodeEncodeError,
    sqlite3.IntegrityError,
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)
_FULL: Final = (Reason.DISK_FULL, Reason.LOG_FULL)


class Writer:
    """`run` is a thread's whole life; what has no underscore may be read from outside it."""

    def __init__(
        self,
        storage: Storage,
        queue: "SimpleQueue[Work]",
        tell_stored: Callable[[int], None],
        tell_failed: Callable[[Failure], None],
    ) -> None:
        self.storage = storage
        self.housekeeping = Housekeeping()
        self.state = LogState(Condition.FAILING, Reason.NOT_OPEN, _now_ms())
        self.settled = 0
        """Entries of which it has been said what became of them, since the beginning."""
        self.settled_bytes = 0
        self.busy_since_s: float | None = None
        self.ending = threading.Event()
        """Set when somebody waits for the end: back-off is cut short."""
        self._queue = queue
        self._tell_stored = tell_stored
        self._tell_failed = tell_failed
        self._failures_in_row = 0
        self._notes: dict[str, str] = {}
        self._gaps: list[Gap] = []
        self._committed_s = self._sliced_s = 0.0

    def open(self) -> None:
        """Open the file for the first time. Raises `CannotOpen`; other faults become the state."""
        try:
            self.storage.make_ready()
        except CannotOpen:
            self.storage.close()
            raise
        except OPERATING as error:
            self._note_fault(error)
        else:
            self.state = LogState(Condition.HEALTHY, None, _now_ms())

    def run(self) -> None:
        """Serve the queue until it says close."""
        try:
            while not self._serve():
                pass
        except BaseException as error:
            # Our own bug must be seen at once, and nothing may wait for a thread that is gone.
            self._end(Condition.FAILING, Reason.BUG, f"{type(error).__name__}: {error}")
            raise
        self._end(Condition.CLOSED, Reason.CLOSED)

    def _serve(self) -> bool:
        failing = self._failures_in_row > 0
        if failing:
            self.ending.wait(BACK_OFF_S[min(self._failures_in_row, len(BACK_OFF_S)) - 1])
        wait = not failing and not self.housekeeping.has_work
        batch = take(self._queue, wait=wait, everything=failing, gather=self._gather)
        self.busy_since_s = time.monotonic()
        self._notes.update(batch.notes)
        if batch.appends or batch.notes or (failing and self._is_worth_trying()):
            self._attempt(batch.appends)
        if self._gaps and not self._failures_in_row:
            self._attempt([])  # of a bad entry: the file is to say why its number is missing
        self._move_on(batch.move_on)
        if batch.compact:
            self.housekeeping.compact(batch.compact.closed_before_ms)
        self._keep_house()
        self.busy_since_s = None
        return batch.is_last

    def _gather(self) -> None:
        """Let entries come together: at once after a pause, and else a few milliseconds apart."""
        wait_s = self._committed_s + COMMITS_APART_S - time.monotonic()
        if wait_s > 0:
            self.ending.wait(wait_s)

    def _is_worth_trying(self) -> bool:
        if not self.storage.is_open:
            return True  # until then nothing can be appended that would be worth more
        return self.state.reason not in _FULL or self.storage.has_room()

    # --- storing --------------------------------------------------------------------------------

    def _attempt(self, appends: list[Append]) -> None:
        try:
            self._make_ready()
            self._commit(appends)
        except _BAD_ENTRY as error:
            self.storage.roll_back()
            self._isolate(appends, error)
        except OPERATING as error:
            reason, detail = self._note_fault(error)
            self._fail(appends, reason, detail)
        else:
            self._succeed(appends)

    def _make_ready(self) -> None:
        for loss in self.storage.make_ready():
            self._tell_failed(loss)

    def _commit(self, appends: list[Append]) -> None:
        lines = [
            line_of(seq, entry)
            for append in appends
            for seq, entry in enumerate(append.entries, append.first_seq)
        ]
        if self._failures_in_row:
            state = self.state
            self._notes["last_fault"] = f"{state.reason} since {state.since_ms}: {state.detail}"
        self.storage.commit(lines, self._notes, self._gaps)
        self._committed_s = time.monotonic()
        self.housekeeping.committed(sum(append.size_bytes for append in appends))

    def _succeed(self, appends: list[Append]) -> None:
        self._notes.clear()
        self._gaps.clear()
        if self._failures_in_row:
            self._failures_in_row = 0
            self.state = LogState(Condition.HEALTHY, None, _now_ms())
        if appends:
            self._settle(appends)
            self._tell_stored(appends[-1].last_seq)

    def _isolate(self, appends: list[Append], error: Exception) -> None:
        """One entry that cannot be written must not keep others from being stored."""
        if len(appends) <= 1:
            self._fail(appends, Reason.BAD_ENTRY, f"{type(error).__name__}: {error}")
            return
        for append in appends:
            if self._failures_in_row:
                self._fail([append], self.state.reason or Reason.BUG, self.state.detail)
            else:
                self._attempt([append])

    # --- failing --------------------------------------------------------------------------------

    def _note_fault(self, error: Exception) -> tuple[Reason, str]:
        reason, detail = self.storage.fault(error)
        self._failures_in_row += 1
        since_ms = self.state.since_ms
        if self.state.condition is not Condition.FAILING or self.state.reason is not reason:
            since_ms = _now_ms()
        self.state = LogState(Condition.FAILING, reason, since_ms, detail)
        return reason, detail

    def _fail(self, appends: list[Append], reason: Reason, detail: str) -> None:
        if not appends:
            return
        failure = Failure(reason, appends[0].first_seq, appends[-1].last_seq, detail)
        self.storage.given_up(failure.last_seq)
        self._note_gap(failure)
        self._settle(appends)
        self._tell_failed(failure)

    def _note_gap(self, failure: Failure) -> None:
        """Remember it for the file, joined to the gap before it where that says the same."""
        if self._gaps:
            first_seq, last_seq, reason, at_ms = self._gaps[-1]
            is_full = len(self._gaps) >= GAPS_MAX
            if is_full or (last_seq == failure.first_seq - 1 and reason == failure.reason):
                self._gaps[-1] = (first_seq, failure.last_seq, reason, at_ms)
                return
        self._gaps.append((failure.first_seq, failure.last_seq, failure.reason.value, _now_ms()))

    def _settle(self, appends: list[Append]) -> None:
        self.settled += sum(len(append.entries) for append in appends)
        self.settled_bytes += sum(append.size_bytes for append in appends)

    def _end(self, condition: Condition, reason: Reason, detail: str = "") -> None:
        self.state = LogState(condition, reason, _now_ms(), detail)
        left = take(self._queue, wait=False, everything=True)
        self._fail(left.appends, reason, detail)
        for waiting in left.move_on:
            waiting.done.set()
        self.storage.close()

    # --- between commits ------------------------------------------------------------------------

    def _move_on(self, requests: list[MoveOn]) -> None:
        for request in requests:
            try:
                if self.storage.found_damaged(request.damaged, request.reason):
                    self._make_ready()
            except OPERATING as error:
                self._note_fault(error)
            request.done.set()

    def _keep_house(self) -> None:
        if not self.storage.is_ready:
            return
        try:
            self.housekeeping.fold_if_due(self.storage.writer)
            began_s = time.monotonic()
            is_time = began_s - self._sliced_s >= SLICES_EVERY_S
            while self.housekeeping.has_work and (is_time or self._queue.empty()):
                self.housekeeping.slice(self.storage.writer)
                self._sliced_s = time.monotonic()
                is_time = False
                if self._sliced_s - began_s > SLICES_S:
                    break
        except OPERATING as error:
            self._note_fault(error)


def _now_ms() -> int:
    return int(time.time() * 1000)

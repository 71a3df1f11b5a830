"""The local log on a simulated disk: the promises of `dispatch/journal/README.md`, and its faults.

It outlives the core: a crash takes what was not committed, a commit under way is kept or not.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dispatch.core.entry import MESSAGE, Entry
from dispatch.core.facts import OFF_DUTY, FactKind
from dispatch.core.moment import Moment
from dispatch.core.snapshot import thaw
from dispatch.journal.faults import Failure, NotStored, Reason
from tests.simulation.clock import Agenda
from tests.simulation.vigil import Kept

WAITING_ENTRIES_MAX = 400
QUICK_S = (0.0005, 0.01)
BACK_OFF_S = (0.05, 0.1, 0.2, 0.5, 1.0)
TAKEN_ALL_THE_SAME = 0.3
"""How often a disk took what it said it had not."""


@dataclass(frozen=True, slots=True)
class Row:
    """An entry on the disk, and what the vigil knew of its alert when it was appended."""

    seq: int
    entry: Entry
    kept: Kept | None


@dataclass(slots=True)
class Disk:
    """What is on the platter. `fault` is what the next commits meet."""

    rows: list[Row] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    newest: dict[str, Row] = field(default_factory=dict)
    newest_devices: dict[str, Row] = field(default_factory=dict)
    newest_messages: dict[str, Row] = field(default_factory=dict)
    presses: set[str] = field(default_factory=set)
    """Signals that a state on the disk holds."""
    last_seq: int = 0
    fault: Reason | None = None
    slow_s: float = 0.0

    def write(self, rows: Sequence[Row], notes: dict[str, str]) -> None:
        """Commit."""
        self.notes.update(notes)
        for row in rows:
            self.rows.append(row)
            self.last_seq = row.seq
            if (message_id := message_of(row.entry)) is not None:
                self.newest_messages[message_id] = row
            elif row.entry.state is not None and row.entry.alert_id is not None:
                self.newest[row.entry.alert_id] = row
                self.presses |= signals_of(row.entry)
            elif row.entry.state is not None and row.entry.device_id is not None:
                self.newest_devices[row.entry.device_id] = row


def message_of(entry: Entry) -> str | None:
    """Return the message to a front that an entry is about, if it is about one."""
    alert_id = entry.alert_id or ""
    return alert_id.removeprefix(MESSAGE) if alert_id.startswith(MESSAGE) else None


def signals_of(entry: Entry) -> set[str]:
    """Return the signals that an entry's state keeps."""
    assert entry.state is not None
    alert = thaw(entry.state, Moment(0.0, 0), "")
    return {*alert.presses, *(press.signal_id for press in alert.last_press_of.values())}


class Log:
    """One life of the log: what `Keeper` needs of a `LocalLog`, with the writer's rules."""

    def __init__(
        self,
        disk: Disk,
        agenda: Agenda,
        dice: random.Random,
        kept_of: Callable[[str], Kept | None],
        on_stored: Callable[[int], None],
        on_failed: Callable[[Failure], None],
    ) -> None:
        self.waiting = 0
        self._disk = disk
        self._agenda = agenda
        self._dice = dice
        self._kept_of = kept_of
        self._on_stored = on_stored
        self._on_failed = on_failed
        self._last_seq = disk.last_seq
        self._queue: list[Row] = []
        self._notes: dict[str, str] = {}
        self._under_way: tuple[list[Row], dict[str, str]] | None = None
        self._failures_in_row = 0
        self._is_dead = False

    # --- what the core calls ------------------------------------------------------------------

    def append(self, entries: Sequence[Entry]) -> int:
        """Take entries in. Raises `NotStored`."""
        if not entries:
            return self._last_seq
        if self.waiting + len(entries) > WAITING_ENTRIES_MAX:
            raise NotStored(Reason.QUEUE_FULL)
        for entry in entries:
            self._last_seq += 1
            has_state = entry.state is not None and entry.alert_id is not None
            kept = self._kept_of(entry.alert_id or "") if has_state else None
            self._queue.append(Row(self._last_seq, entry, kept))
        self.waiting += len(entries)
        self._begin()
        return self._last_seq

    def put(self, name: str, value: str) -> None:
        """Keep a small value with the next commit."""
        self._notes[name] = value
        self._begin()

    def newest_states(self, closed_since_ms: int) -> list[Entry]:
        """Return what recovery needs."""
        disk = self._disk
        of_each = (disk.newest, disk.newest_devices, disk.newest_messages)
        newest = (row for rows in of_each for row in rows.values())
        rows = sorted(newest, key=lambda row: row.seq)
        entries = [row.entry for row in rows]
        return [each for each in entries if each.is_open or each.at_ms >= closed_since_ms]

    def off_duty(self) -> frozenset[str]:
        """Return who went off duty, as far as PostgreSQL has not heard."""
        drained_seq = int(self._disk.notes.get("drained_seq", "0"))
        said = {
            row.entry.device_id: row.entry.reason
            for row in self._disk.rows
            if row.seq > drained_seq and row.entry.kind == FactKind.DUTY
        }
        return frozenset(each for each, reason in said.items() if each and reason == OFF_DUTY)

    def read_after(self, seq: int, limit: int) -> list[Row]:
        """Return stored rows after a number."""
        rows = self._disk.rows
        if not rows or rows[-1].seq <= seq:
            return []
        return [row for row in rows if row.seq > seq][:limit]

    # --- the writer -----------------------------------------------------------------------------

    def die(self) -> None:
        """The core is killed: a commit under way is kept whole or not at all."""
        self._is_dead = True
        if self._under_way is not None and self._disk.fault is None and self._dice.random() < 0.5:
            self._disk.write(*self._under_way)

    def _begin(self) -> None:
        if self._under_way is not None or self._is_dead:
            return
        back_off_s = 0.0
        if self._failures_in_row:
            back_off_s = BACK_OFF_S[min(self._failures_in_row, len(BACK_OFF_S)) - 1]
        self._under_way = ([], {})
        self._agenda.after(back_off_s, self._take)

    def _take(self) -> None:
        if self._is_dead:
            return
        self._under_way = (self._queue, self._notes)
        self._queue, self._notes = [], {}
        takes_s = self._disk.slow_s * self._dice.uniform(0.5, 1.0) or self._dice.uniform(*QUICK_S)
        self._agenda.after(takes_s, self._end)

    def _end(self) -> None:
        if self._is_dead or self._under_way is None:
            return
        rows, notes = self._under_way
        self._under_way = None
        if self._disk.fault is None:
            self._disk.write(rows, notes)
            self._failures_in_row = 0
        else:
            self._failures_in_row += 1
            self._notes = notes | self._notes
        self._settle(rows)
        if self._queue or self._notes:
            self._begin()

    def _settle(self, rows: list[Row]) -> None:
        """Say what became of them, on the core's next turn."""
        if not rows:
            return
        self.waiting -= len(rows)
        first_seq, last_seq = rows[0].seq, rows[-1].seq
        reason = self._disk.fault
        if reason is None:
            self._agenda.after(0.0, lambda: self._tell_stored(last_seq))
            return
        failure = Failure(reason, first_seq, last_seq)
        if reason is not Reason.DISK_FULL and self._dice.random() < TAKEN_ALL_THE_SAME:
            self._disk.write(rows, {})
        self._agenda.after(0.0, lambda: self._tell_failed(failure))

    def _tell_stored(self, seq: int) -> None:
        if not self._is_dead:
            self._on_stored(seq)

    def _tell_failed(self, failure: Failure) -> None:
        if not self._is_dead:
            self._on_failed(failure)

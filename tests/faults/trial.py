"""One fault: presses before it, during it and after it, and then what became of each."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from dispatch.journal.inspect import verify
from tests.faults.audit import (
    Kept,
    differences_in_database,
    doubled_in,
    in_journal,
    missing_in,
    wait_closed,
    wait_drained,
)
from tests.faults.ledger import Ledger, now_s, percentile
from tests.faults.rig import Rig
from tests.faults.windows import compare

WINDOWS: Final = 5
SHOWN_MAX: Final = 5
"""Of what is wrong, so many examples are given."""


class CannotTry(Exception):  # noqa: N818 - said to whoever runs it
    """This machine does not allow this fault; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of each fault."""

    areas: int
    """Each with four apps and two handhelds."""
    per_s: float
    """Presses."""
    phase: int
    """Stored presses before, during and after, at least."""
    kills: int
    """Of the core."""
    rounds: int
    """Of a fault that is done again and again."""
    slack: float
    """p99 during a fault that nobody should feel, as a multiple of before."""
    slack_ms: float
    """So many milliseconds more are no difference on a busy machine."""


SHORT: Final = Scale(4, 24.0, 24, 3, 1, 20.0, 500.0)
FULL: Final = Scale(10, 60.0, 900, 50, 4, 1.5, 5.0)


@dataclass(slots=True)
class Row:
    """What one fault did, as a line of the table."""

    fault: str
    presses: int = 0
    """Made during the fault."""
    acked: int = 0
    """Presses whose sender was told `stored`, in the whole trial."""
    missing: int = 0
    duplicates: int = 0
    before_ms: float | None = None
    during_ms: float | None = None
    after_ms: float | None = None
    """p99 from press to handheld."""
    took_s: float = 0.0
    notes: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    skipped: str = ""


class Trial:
    """Presses go on from its beginning to its end."""

    def __init__(self, row: Row, rig: Rig, ledger: Ledger, scale: Scale) -> None:
        self.row = row
        self.rig = rig
        self.ledger = ledger
        self.scale = scale

    def expect(self, is_so: bool, otherwise: str) -> None:
        """Put it on the row if something is not as it must be."""
        if not is_so:
            self.row.wrong.append(otherwise)

    def note(self, text: str) -> None:
        """Put a figure on the row."""
        self.row.notes.append(text)

    def unfelt(self) -> None:
        """Say that nobody should have felt this one."""
        before_ms, during_ms = self.row.before_ms, self.row.during_ms
        if before_ms is None or during_ms is None:
            self.row.wrong.append("no press was shown")
            return
        bound_ms = max(self.scale.slack * before_ms, before_ms + self.scale.slack_ms)
        self.expect(
            during_ms <= bound_ms, f"p99 {during_ms:.1f} ms during, {before_ms:.1f} ms before"
        )

    def all_acked_are_in_journal(self) -> None:
        """Look at the disk now: what was said to be stored is there."""
        acked = self.ledger.acked()
        lost = missing_in(in_journal(self.rig.journal), acked)
        self.row.missing += len(lost)
        self.expect(not lost, f"said to be stored and not in the journal: {lost[:SHOWN_MAX]}")

    def audit(self, *, disk_failed: bool = False) -> Kept:
        """Compare everything with everything, once nothing moves any more."""
        self.ledger.rest()
        wait_closed(self.rig)
        wait_drained(self.rig)
        acked = self.ledger.acked()  # before looking: what is said later may be stored later
        kept = in_journal(self.rig.journal)
        lost = missing_in(kept, acked)
        doubled = doubled_in(kept)
        again = self.ledger.shown_again()
        differences = differences_in_database(self.rig, kept, every_first=not disk_failed)
        findings = [finding.line() for finding in verify(self.rig.journal)]
        row = self.row
        row.acked = len(acked)
        row.missing += len(lost)
        row.duplicates += len(doubled) + len(again)
        unstored = len(set(self.ledger.pressed()) - set(self.ledger.acked()))
        if unstored:
            self.note(f"{unstored} never said to be stored")
        self.expect(not lost, f"said to be stored and missing: {lost[:SHOWN_MAX]}")
        self.expect(not doubled, f"in two alerts: {doubled[:SHOWN_MAX]}")
        self.expect(not again, f"shown again: {again[:SHOWN_MAX]}")
        self.expect(
            not differences,
            f"{len(differences)} differences in PostgreSQL: {differences[:SHOWN_MAX]}",
        )
        self.expect(not findings, f"journal verify: {findings[:SHOWN_MAX]}")
        self.expect(bool(acked), "nothing was stored")
        still_open = sorted(kept.open)
        self.expect(not still_open, f"closed, and open in the journal: {still_open[:SHOWN_MAX]}")
        failures = [line for line in self.ledger.odd if line.what == "failed"]
        self.expect(not failures, f"the load failed: {failures}")
        return kept


@contextmanager
def trial(
    row: Row, rig: Rig, scale: Scale, *, url: str = "", inside: tuple[str, ...] = ()
) -> Iterator[Trial]:
    """Have devices press and answer for as long as the block lasts."""
    with Ledger(rig.plan(scale.areas, scale.per_s, url), inside) as ledger:
        ledger.press()
        yield Trial(row, rig, ledger, scale)


def three_phases(one: Trial, fault: Callable[[Trial], Any]) -> None:
    """Press for a while, do the fault while presses go on, press for a while again."""
    started_s = now_s()
    one.ledger.more(stored=one.scale.phase)
    began_s = now_s()
    progress(one.row.fault, "the fault begins")
    fault(one)
    ended_s = now_s()
    progress(one.row.fault, f"the fault is over after {ended_s - began_s:.1f} s")
    one.ledger.everybody_is_up()
    calm_s = now_s()
    one.ledger.more(stored=one.scale.phase)
    over_s = now_s()
    ledger, row = one.ledger, one.row
    row.presses = len(ledger.pressed(began_s, ended_s))
    row.before_ms = percentile(ledger.latencies_ms(started_s, began_s), 0.99)
    row.during_ms = percentile(ledger.latencies_ms(began_s, ended_s), 0.99)
    row.after_ms = percentile(ledger.latencies_ms(calm_s, over_s), 0.99)


def unfelt_by_others(one: Trial, fault: Callable[[], AbstractContextManager[None]]) -> None:
    """Compare what others feel with the fault and without it, in windows that take turns."""
    without, with_it = [], []
    for _ in range(WINDOWS):
        without.append(_window(one))
        with fault():
            with_it.append(_window(one))
    found = compare(without, with_it)
    one.note(
        f"others' p99 {found.ratio:.2f} x, {WINDOWS} windows each way;"
        f" by chance as much in {found.chance:.0%}"
    )
    one.expect(not found.is_felt, f"others feel it: p99 {found.ratio:.2f} x")


def _window(one: Trial) -> list[float]:
    started_s = now_s()
    one.ledger.more(stored=one.scale.phase // 2)
    return one.ledger.latencies_ms(started_s, now_s())


def progress(fault: str, what: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {fault}: {what}\n")

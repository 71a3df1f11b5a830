"""What was said to be stored, against what is stored: in the journal, and in PostgreSQL."""

import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

from dispatch.core.alert import Alert
from dispatch.core.moment import Moment
from dispatch.journal.files import current_file
from dispatch.journal.reader import newest_entries
from dispatch.journal.recover import recover, this_boot
from dispatch.journal.schema import open_reader
from tests.faults.rig import Rig, until


@dataclass(frozen=True, slots=True)
class Kept:
    """The signals of each alert, and the version that is newest, in one place."""

    signals: dict[str, frozenset[str]]
    versions: dict[str, int]
    open: frozenset[str] = frozenset()

    def alerts_of(self) -> dict[str, list[str]]:
        found = defaultdict(list)
        for alert_id, signals in self.signals.items():
            for signal_id in signals:
                found[signal_id].append(alert_id)
        return found


def alerts_in(path: Path) -> list[Alert]:
    """Read the newest state of every alert. Changes nothing; a core may have it open."""
    now = Moment(time.monotonic(), time.time_ns() // 1_000_000)
    with closing(open_reader(current_file(path))) as log:
        recovered = recover(newest_entries(log, 0), now, boot=this_boot())
    assert not recovered.unreadable
    return list(recovered.alerts)


def in_journal(path: Path) -> Kept:
    """What the journal holds of signals."""
    alerts = alerts_in(path)
    return Kept(
        {alert.alert_id: frozenset(alert.presses) for alert in alerts},
        {alert.alert_id: alert.version for alert in alerts},
        frozenset(alert.alert_id for alert in alerts if alert.is_open),
    )


def missing_in(kept: Kept, acknowledged: Iterable[str]) -> list[str]:
    """Return the signals that are in no alert. They must be none."""
    known = kept.alerts_of()
    return [signal_id for signal_id in acknowledged if signal_id not in known]


def doubled_in(kept: Kept) -> list[str]:
    """Return the signals that are in more than one alert. They must be none."""
    return [signal_id for signal_id, alerts in kept.alerts_of().items() if len(alerts) > 1]


def wait_closed(rig: Rig) -> None:
    """Wait until no alert is open in the journal; if some stay so, the audit will say which.

    That no handheld shows one is not enough: over a bad line it may hear of some later.
    """
    with suppress(TimeoutError):
        until("every alert is closed in the journal", lambda: not in_journal(rig.journal).open)


def wait_drained(rig: Rig) -> None:
    """Wait until PostgreSQL has every line of the journal. Raises `TimeoutError`."""

    def is_drained() -> bool:
        with closing(open_reader(current_file(rig.journal))) as log:
            (last,) = log.execute("SELECT coalesce(max(seq), 0) FROM log").fetchone()
            (log_id,) = log.execute("SELECT value FROM about WHERE name = 'log_id'").fetchone()
        rows = rig.fetch("SELECT drained_seq FROM journals WHERE journal_id = $1::uuid", log_id)
        return last == 0 or bool(rows and rows[0][0] >= last)

    until("PostgreSQL has all of the journal", is_drained)


def differences_in_database(rig: Rig, kept: Kept, *, every_first: bool) -> list[str]:
    """Compare PostgreSQL's record with the journal. Each line returned is something wrong.

    `every_first`: of each alert its first signal must be on the record; a disk that failed then may
    have kept that event from it, though not the alert.
    """
    ids = list(kept.versions)
    rows = rig.fetch(
        "SELECT alert_id::text, version, signals_total FROM alerts"
        " WHERE alert_id = ANY($1::uuid[])",
        ids,
    )
    events = rig.fetch(
        "SELECT alert_id::text, kind, reason, count(*) FROM alert_events"
        " WHERE alert_id = ANY($1::uuid[]) GROUP BY 1, 2, 3",
        ids,
    )
    wrong = []
    versions = {alert_id: version for alert_id, version, _ in rows}
    totals = {alert_id: total for alert_id, _, total in rows}
    counts: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    for alert_id, kind, reason, count in events:
        counts[alert_id][kind, reason] += count
    for alert_id, version in kept.versions.items():
        of_it = counts[alert_id]
        firsts = of_it["signal", "first"]
        closes = sum(count for (kind, _), count in of_it.items() if kind == "closed")
        if versions.get(alert_id) != version:
            wrong.append(f"{alert_id}: version {versions.get(alert_id)}, journal {version}")
        elif totals[alert_id] != len(kept.signals[alert_id]):
            wrong.append(f"{alert_id}: {totals[alert_id]} signals of {len(kept.signals[alert_id])}")
        elif firsts > 1 or (every_first and firsts != 1):
            wrong.append(f"{alert_id}: raised {firsts} times")
        elif closes > 1:
            wrong.append(f"{alert_id}: closed {closes} times")
    (refused,) = rig.fetch("SELECT count(*) FROM journal_refused")
    if refused[0]:
        wrong.append(f"PostgreSQL refused {refused[0]} entries")
    return wrong

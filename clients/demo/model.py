"""What the demo knows at one moment: counted from reports and from the alerts that it watches.

Pure: time is an argument, nothing is drawn here.
"""

from collections import Counter, OrderedDict, deque
from dataclasses import dataclass
from typing import Any, Final

from clients.demo.figures import Figures
from clients.demo.reports import (
    Answered,
    AnyReport,
    Checked,
    Connected,
    Enrolling,
    Failed,
    Heard,
    Pressed,
    Replaying,
    Shown,
    Sirens,
    Unstored,
)
from protocol.messages import Alert
from protocol.vocabulary import AlertState, SirenState

ALERTS_KEPT: Final = 5_000
PRESSES_KEPT: Final = 20_000
FEED_KEPT: Final = 50
WRONG_KEPT: Final = 20
SHOWN_AT_ONCE: Final = 1
"""Only the first version of an alert is the press itself; a later one was called in since."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run came to."""

    presses: int
    alerts: int
    accepted: int
    closed: int
    delivered: int
    lost: int
    p50_ms: float | None
    p99_ms: float | None
    checked: int
    wrong: int
    given_up: int
    failed: int
    sounded: int
    pictures: int

    @property
    def is_good(self) -> bool:
        """Whether presses were answered, none was lost and none went to the wrong quadrant."""
        return self.accepted > 0 and not (self.lost or self.wrong or self.given_up or self.failed)


class Model:
    """Takes reports and alerts; is asked by the view and for the summary."""

    def __init__(self) -> None:
        self.alerts: OrderedDict[str, Alert] = OrderedDict()
        """The newest alerts by id, the last raised last."""
        self.pages: list[str] = []
        """Where whoever watches can take part with a browser: a line for each page."""
        self.feed: deque[tuple[str, Answered]] = deque(maxlen=FEED_KEPT)
        """The newest answers, and the short id of their alert."""
        self.sirens: Sirens | None = None
        """What the front with the kit was last told of its sirens."""
        self.press_to_handheld_ms = Figures()
        self.press_to_receipt_ms = Figures()
        self.first_shown_ms: OrderedDict[str, float] = OrderedDict()
        """From each press to the first handheld that showed its alert."""
        self.enrolling: dict[str, Enrolling] = {}
        self.replaying: Replaying | None = None
        self.wrong: deque[Checked] = deque(maxlen=WRONG_KEPT)
        self.failures: deque[Failed] = deque(maxlen=FEED_KEPT)
        self.counts: Counter[str] = Counter()
        self.verdicts: Counter[str] = Counter()
        self._up: dict[str, set[str]] = {}
        self._pressed_ns: OrderedDict[str, int] = OrderedDict()
        self._shown_ns: OrderedDict[str, list[int]] = OrderedDict()
        self._heard: OrderedDict[str, None] = OrderedDict()

    @property
    def connected(self) -> dict[str, int]:
        """How many devices of each group are connected."""
        return {group: len(devices) for group, devices in self._up.items()}

    @property
    def open_alerts(self) -> int:
        """How many of the alerts are not closed."""
        return self.counts["alerts"] - self.counts["closed"]

    def see(self, alert: Alert) -> list[str]:
        """Take an alert's newest state. Returns which stages it has reached since the last one."""
        known = self.alerts.get(alert.alert_id)
        if known is not None and known.version >= alert.version:
            return []
        reached = [stage for stage, now in _stages(alert).items() if now]
        if known is not None:
            before = _stages(known)
            reached = [stage for stage in reached if not before[stage]]
        self.counts.update(reached)
        self.counts["pictures"] += len(alert.pictures) - (len(known.pictures) if known else 0)
        self.alerts[alert.alert_id] = alert
        if len(self.alerts) > ALERTS_KEPT:
            self.alerts.popitem(last=False)
        return reached

    def kit_alert(self) -> Alert | None:
        """Return the newest alert that a siren sounds for, or that cameras have seen."""
        of_kit = (
            alert for alert in reversed(self.alerts.values()) if alert.sirens or alert.pictures
        )
        return next(of_kit, None)

    def take(self, report: AnyReport) -> None:
        """Take a simulator's report."""
        match report:
            case Pressed():
                self.counts["presses"] += 1
                self._remember_press(report)
            case Heard():
                self._hear(report)
            case Shown():
                self._show(report)
            case Answered():
                self.feed.append((short(report.alert_id), report))
            case Connected(group=group, device_id=device_id, up=True):
                self._up.setdefault(group, set()).add(device_id)
            case Connected(group=group, device_id=device_id):
                self._up.setdefault(group, set()).discard(device_id)
            case Checked():
                self._check(report)
            case Unstored(count=count):
                self.counts["lost"] += count
            case _:
                self._note(report)

    def summary(self) -> Summary:
        """Add everything up."""
        counts = self.counts
        return Summary(
            presses=counts["presses"],
            alerts=counts["alerts"],
            accepted=counts["accepted"],
            closed=counts["closed"],
            delivered=counts["delivered"],
            lost=counts["lost"],
            p50_ms=self.press_to_handheld_ms.percentile(0.50),
            p99_ms=self.press_to_handheld_ms.percentile(0.99),
            checked=counts["checked"],
            wrong=counts["wrong"],
            given_up=self.replaying.given_up if self.replaying else 0,
            failed=counts["failed"],
            sounded=counts["sounding"],
            pictures=counts["pictures"],
        )

    def _note(self, report: AnyReport) -> None:
        match report:
            case Enrolling():
                self.enrolling[report.group] = report
            case Replaying():
                self.replaying = report
            case Sirens():
                self.sirens = report
            case Failed():
                self.failures.append(report)
                self.counts["failed"] += 1

    def _remember_press(self, report: Pressed) -> None:
        # The press and its alert come by different pipes, in either order.
        for shown_ns in self._shown_ns.pop(report.signal_id, ()):
            self._measure(report.signal_id, report.at_ns, shown_ns)
        self._pressed_ns[report.signal_id] = report.at_ns
        _bound(self._pressed_ns)

    def _show(self, report: Shown) -> None:
        self.counts["delivered"] += 1
        if report.version != SHOWN_AT_ONCE:
            return
        pressed_ns = self._pressed_ns.get(report.alert_id)
        if pressed_ns is not None:
            self._measure(report.alert_id, pressed_ns, report.at_ns)
        else:
            self._shown_ns.setdefault(report.alert_id, []).append(report.at_ns)
            _bound(self._shown_ns)

    def _measure(self, alert_id: str, pressed_ns: int, shown_ns: int) -> None:
        took_ms = (shown_ns - pressed_ns) / 1e6
        self.press_to_handheld_ms.add(took_ms)
        self.first_shown_ms[alert_id] = min(took_ms, self.first_shown_ms.get(alert_id, took_ms))
        _bound(self.first_shown_ms)

    def _hear(self, report: Heard) -> None:
        if report.signal_id in self._heard:
            return
        self._heard[report.signal_id] = None
        _bound(self._heard)
        self.verdicts[report.verdict] += 1
        pressed_ns = self._pressed_ns.get(report.signal_id)
        if pressed_ns is not None:
            self.press_to_receipt_ms.add((report.at_ns - pressed_ns) / 1e6)

    def _check(self, report: Checked) -> None:
        self.counts["located"] += 1
        if report.right is None:
            self.counts["unchecked"] += 1
            return
        self.counts["checked"] += 1
        if not report.right:
            self.counts["wrong"] += 1
            self.wrong.append(report)


def short(alert_id: str) -> str:
    """Return the end of an id: a version 7 UUID begins with the time, which all share."""
    return alert_id[-5:]


def _stages(alert: Alert) -> dict[str, bool]:
    return {
        "alerts": True,
        "accepted": alert.stages.accepted_at_ms is not None,
        "arrived": alert.stages.arrived_at_ms is not None,
        "closed": alert.state is AlertState.CLOSED,
        "sounding": any(siren.state is SirenState.SOUNDING for siren in alert.sirens),
        "silent": any(siren.state is SirenState.SILENT for siren in alert.sirens),
        "seen": bool(alert.pictures),
    }


def _bound(known: OrderedDict[str, Any]) -> None:
    if len(known) > PRESSES_KEPT:
        known.popitem(last=False)

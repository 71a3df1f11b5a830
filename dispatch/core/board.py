"""The alerts that are open or lately closed, and every way to find them."""

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

from dispatch.core.alert import Alert, Press
from dispatch.core.index import discard
from dispatch.core.limits import (
    CLOSED_ALERT_KEPT_S,
    CLOSED_ALERTS_KEPT,
    SIGNALS_PER_ALERT_REMEMBERED,
)

_CELL_DEG = 0.004
"""At least 220 m up to latitude 60, so that what corroborates lies in the nine cells around."""


class Board:
    """All lookups are constant in the number of alerts, but for those near one another."""

    def __init__(self) -> None:
        self.alerts: dict[str, Alert] = {}
        self.open_count = 0
        self._by_signal: dict[str, str] = {}
        self._open_by_device: dict[str, dict[str, None]] = {}
        self._open_by_quadrant: dict[str, dict[str, None]] = {}
        self._open_by_cell: dict[tuple[int, int], dict[str, None]] = {}
        self._closed: deque[str] = deque()

    def add(self, alert: Alert) -> None:
        """Put a new alert up, at its place."""
        self.alerts[alert.alert_id] = alert
        self.open_count += 1
        self.place(alert)

    def place(self, alert: Alert) -> None:
        """Index where an alert is and which quadrants it concerns."""
        if alert.place.lat is not None and alert.place.lon is not None:
            cell = _cell(alert.place.lat, alert.place.lon)
            self._open_by_cell.setdefault(cell, {})[alert.alert_id] = None
        for quadrant in alert.quadrants:
            self._open_by_quadrant.setdefault(quadrant, {})[alert.alert_id] = None

    def lift(self, alert: Alert) -> None:
        """Take an alert out of those indexes: always before its place or quadrants change."""
        if alert.place.lat is not None and alert.place.lon is not None:
            cell = _cell(alert.place.lat, alert.place.lon)
            discard(self._open_by_cell, cell, alert.alert_id)
        for quadrant in alert.quadrants:
            discard(self._open_by_quadrant, quadrant, alert.alert_id)

    def join(self, alert: Alert, press: Press) -> None:
        """Remember that a press, the first or a further one, belongs to this open alert."""
        alert.last_press_of[press.device_id] = press
        self._open_by_device.setdefault(press.device_id, {})[alert.alert_id] = None
        if len(alert.presses) < SIGNALS_PER_ALERT_REMEMBERED:
            alert.presses[press.signal_id] = press
            self._by_signal[press.signal_id] = alert.alert_id

    def close(self, alert: Alert) -> None:
        """Take an alert out of the open ones; it stays known for late retries."""
        self.open_count -= 1
        for device_id in alert.last_press_of:
            discard(self._open_by_device, device_id, alert.alert_id)
        self.lift(alert)
        self._closed.append(alert.alert_id)

    def restore(self, alert: Alert) -> None:
        """Put up an alert of an earlier run: open, or closed (those in the order of closing)."""
        self.alerts[alert.alert_id] = alert
        for signal_id in alert.presses:
            self._by_signal[signal_id] = alert.alert_id
        if not alert.is_open:
            self._closed.append(alert.alert_id)
            return
        self.open_count += 1
        for device_id in alert.last_press_of:
            self._open_by_device.setdefault(device_id, {})[alert.alert_id] = None
        self.place(alert)

    def forget_old(self, now_s: float) -> list[Alert]:
        """Drop closed alerts that are too old, or too many, and return them."""
        forgotten: list[Alert] = []
        while self._closed:
            alert = self.alerts[self._closed[0]]
            closed_at_s = alert.closed_at_s or 0.0
            too_many = len(self._closed) > CLOSED_ALERTS_KEPT
            if not too_many and now_s - closed_at_s < CLOSED_ALERT_KEPT_S:
                break
            self._closed.popleft()
            del self.alerts[alert.alert_id]
            for signal_id in alert.presses:
                # Forgotten before a restart, and its id used anew: that is the newer alert's now.
                if self._by_signal.get(signal_id) == alert.alert_id:
                    del self._by_signal[signal_id]
            forgotten.append(alert)
        return forgotten

    def by_signal(self, signal_id: str) -> Alert | None:
        """Find the alert, open or lately closed, that a signal raised or joined."""
        alert_id = self._by_signal.get(signal_id)
        return None if alert_id is None else self.alerts[alert_id]

    def open_of_device(self, device_id: str) -> list[Alert]:
        """Return the open alerts that a device raised or joined, oldest first."""
        return self._known(self._open_by_device.get(device_id, ()))

    def open_of_quadrant(self, quadrant: str) -> list[Alert]:
        """Return the open alerts that a quadrant was told of, oldest first."""
        return self._known(self._open_by_quadrant.get(quadrant, ()))

    def open_alerts(self) -> Iterator[Alert]:
        """Iterate over all open alerts, oldest first."""
        return (alert for alert in self.alerts.values() if alert.is_open)

    def newest_open(self, count: int) -> list[Alert]:
        """Return some of the open alerts, newest first."""
        newest = (alert for alert in reversed(self.alerts.values()) if alert.is_open)
        return list(islice(newest, count))

    def open_near(self, lat: float, lon: float) -> list[Alert]:
        """Return the open alerts in the nine cells around a point: all within 220 m, and more."""
        row, column = _cell(lat, lon)
        found: list[Alert] = []
        for near_row in (row - 1, row, row + 1):
            for near_column in (column - 1, column, column + 1):
                here = self._open_by_cell.get((near_row, near_column))
                if here is not None:
                    found += self._known(here)
        return found

    def _known(self, alert_ids: Iterable[str]) -> list[Alert]:
        return [self.alerts[alert_id] for alert_id in alert_ids]


def _cell(lat: float, lon: float) -> tuple[int, int]:
    return int(lat // _CELL_DEG), int(lon // _CELL_DEG)

"""The open alerts as one handheld or screen knows them: whole states, the newest of each."""

from collections import OrderedDict
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from protocol.messages import Alert
from protocol.vocabulary import AlertState

CLOSED_REMEMBERED: Final = 1024
"""Closed alerts whose version is remembered, so that no older frame opens them again."""


class Board:
    """Takes alerts as they come; within one connection the highest version wins.

    What the server sends between its welcome and `synced` is the truth, whatever was known before:
    it replaces a higher version, which a server that lost its last second may never have kept.
    """

    def __init__(self) -> None:
        self._open: dict[str, Alert] = {}
        self._closed: OrderedDict[str, int] = OrderedDict()
        self._seen: set[str] | None = None

    @property
    def open(self) -> Mapping[str, Alert]:
        """The open alerts by id, as a live view."""
        return MappingProxyType(self._open)

    def begin(self) -> None:
        """A welcome: the server now sends every open alert.

        What was closed is no bar any more: a server that lost its last second may raise it anew,
        from version 1, when its sender presses on.
        """
        self._seen = set()
        self._closed.clear()

    def take(self, alert: Alert) -> bool:
        """Take an alert's state. False: it says nothing new."""
        known = self._open.get(alert.alert_id)
        first_in_sync = self._seen is not None and alert.alert_id not in self._seen
        if self._seen is not None:
            self._seen.add(alert.alert_id)
        if not first_in_sync and alert.version <= self._version(alert.alert_id):
            return False
        if alert.state is AlertState.CLOSED:
            self._open.pop(alert.alert_id, None)
            self._remember(alert)
        else:
            self._closed.pop(alert.alert_id, None)
            self._open[alert.alert_id] = alert
        return alert != known

    def end(self) -> list[Alert]:
        """`synced`: return the alerts that were open before and are no more."""
        if self._seen is None:
            return []
        gone = [alert for alert_id, alert in self._open.items() if alert_id not in self._seen]
        self._seen = None
        for alert in gone:
            del self._open[alert.alert_id]
        return gone

    def clear(self) -> list[Alert]:
        """Nothing concerns this device any more. Returns what was open."""
        gone = list(self._open.values())
        self._open.clear()
        return gone

    def _version(self, alert_id: str) -> int:
        known = self._open.get(alert_id)
        return self._closed.get(alert_id, 0) if known is None else known.version

    def _remember(self, alert: Alert) -> None:
        self._closed[alert.alert_id] = alert.version
        self._closed.move_to_end(alert.alert_id)
        if len(self._closed) > CLOSED_REMEMBERED:
            self._closed.popitem(last=False)

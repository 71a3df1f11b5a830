"""What was done to alerts and shown to be, in case the server turns out to have forgotten it.

The server shows an alert's new state before its disk has it, so that nobody waits for a disk to be
called. One that is killed in the milliseconds between comes back with the state before.
"""

from collections import OrderedDict
from typing import Final

from clients.action import Deed, shows
from protocol.messages import Alert

ALERTS_REMEMBERED: Final = 16
"""The newest: what the server may forget is milliseconds old, and all of it fits one burst."""


class Done:
    """The last of each deed of each alert, with the version that showed it."""

    def __init__(self) -> None:
        self._of: OrderedDict[str, dict[type, tuple[Deed, int]]] = OrderedDict()

    def note(self, message: Deed, shown: Alert) -> None:
        """Remember what an alert's state has shown to be done."""
        of_alert = self._of.setdefault(message.alert_id, {})
        of_alert.pop(type(message), None)
        of_alert[type(message)] = message, shown.version
        self._of.move_to_end(message.alert_id)
        if len(self._of) > ALERTS_REMEMBERED:
            self._of.popitem(last=False)

    def forgotten(self, alert: Alert, device_id: str) -> list[Deed]:
        """Return what this state should show and does not, in the order in which it was done.

        Of a newer state nothing: what it does not show was undone by somebody.
        """
        return [
            message
            for message, version in self._of.get(alert.alert_id, {}).values()
            if alert.version <= version and not shows(alert, message, device_id)
        ]

    def clear(self) -> None:
        """It is not for this device to do any more."""
        self._of.clear()

"""Something done to an alert, until the server shows or refuses it."""

from typing import Final, TypeAlias

from clients.answer import Answer
from clients.errors import ActionRefused
from protocol.messages import Accept, Alert, Arrive, Assign, Close, Error, Silence
from protocol.vocabulary import AlertState, ErrorCode, SirenState

Deed: TypeAlias = Accept | Arrive | Assign | Close | Silence
"""What may be done to an alert."""

_HEARD: Final = frozenset({SirenState.ASKED, SirenState.SOUNDING})
_OVER: Final = frozenset({ErrorCode.ALREADY_CLOSED, ErrorCode.UNKNOWN_ALERT})


def shows(alert: Alert, message: Deed, device_id: str) -> bool:
    """Say whether this state of the alert is what `device_id` asked for with `message`."""
    if isinstance(message, Close):
        return alert.state is AlertState.CLOSED and alert.outcome is message.outcome
    if isinstance(message, Silence):
        is_heard = any(siren.state in _HEARD for siren in alert.sirens)
        return alert.state is AlertState.CLOSED or not is_heard
    owner_id = message.device_id if isinstance(message, Assign) else device_id
    if alert.owner is None or alert.owner.device_id != owner_id:
        return False
    if isinstance(message, Arrive):
        return alert.state is AlertState.ON_SCENE
    return alert.state in (AlertState.ACCEPTED, AlertState.ON_SCENE)


class Action:
    """One accept, arrive, assign, close or silence under way. Its caller waits for `answer`."""

    def __init__(self, message: Deed) -> None:
        self.message = message
        self.answer: Answer[Alert] = Answer()
        self.sent = 0

    def see(self, alert: Alert, device_id: str) -> None:
        """Take the alert's state for the answer if it is one."""
        if alert.alert_id == self.message.alert_id and shows(alert, self.message, device_id):
            self.answer.give(alert)

    def refuse(self, error: Error) -> None:
        """Take the server's error for the answer.

        A `close` that had to be sent twice, of an alert that has ended, was applied the first time.
        """
        if isinstance(self.message, Close) and self.sent > 1 and error.code in _OVER:
            self.answer.over()
        else:
            self.answer.fail(ActionRefused(error))

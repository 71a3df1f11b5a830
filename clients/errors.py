"""What the SDK raises beside what its link does, each with words for people."""

# ruff: noqa: N818 - `NotStored` and its like say what happened; “Error” would add nothing.

from link.errors import ClientError
from protocol.messages import Error, Text
from protocol.vocabulary import ErrorCode


class OutboxError(ClientError):
    """The outbox is full, or belongs to another device."""


class NoLongerOpen(ClientError):
    """The press has ended, so it cannot be followed or cancelled any further."""


class NotStored(ClientError):
    """The app was left before the server had stored every press."""


class NotReceived(NotStored):
    """And of at least one it is not even known that it was dispatched."""


class NotAcknowledged(ClientError):
    """The receiver of a panel has not answered any attempt."""

    def __init__(self) -> None:
        super().__init__(
            Text("La central no respondió.", "The receiver did not answer."),
            Text(
                "Revise la dirección y el puerto de la central, y que esté en marcha.",
                "Check the receiver's address and port, and that it is running.",
            ),
        )


class ActionRefused(ClientError):
    """The server answered with an error; `code` says why."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.text)
        self.code: ErrorCode = error.code

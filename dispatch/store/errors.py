"""What can go wrong with the store, sorted by blame: its own absence, or what it was given."""

from enum import StrEnum


class Unavailable(StrEnum):
    """Why the store could not be used just now."""

    UNREACHABLE = "unreachable"
    """Nothing listens there, or the connection broke."""
    NO_ANSWER = "no_answer"
    """The server is there and does not answer in time: frozen, overloaded or waiting for a lock."""
    BUSY = "busy"
    """No connection, memory, disk or lock to spare."""
    NOT_READY = "not_ready"
    """The server starts, stops or is a standby."""
    REJECTED = "rejected"
    """The server does not let this user in, or has no such database."""
    NO_SCHEMA = "no_schema"
    """The registry's tables are missing or not this version's: migrate."""
    ANOTHER_REGISTRY = "another_registry"
    """The database was made anew, or is another one: it is not what the registry in force is of."""


class StoreUnavailable(Exception):  # noqa: N818 - a state of the store, named as such
    """The store cannot be used just now. Nothing is known to have been written."""

    def __init__(self, reason: Unavailable, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason


class Refused(Exception):  # noqa: N818 - an answer to whoever asked, not a fault of the store
    """What was asked cannot be done as asked; the text says why and what to do.

    The text never holds personal data or secrets.
    """

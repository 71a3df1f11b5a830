"""The life of one connection, as a table that can be read against the protocol's description.

    opened ──greet──▶ greeted ──drain──▶ draining ──close──▶ closed

A connection opens unknown, is greeted when its device has proved who it is, drains while the server
restarts (what is under way is still answered), and is closed. Nothing leaves `closed`.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from protocol.messages import (
    Accept,
    ApnsAddress,
    Arrive,
    Assign,
    Cancel,
    Close,
    Condition,
    Contact,
    Delivered,
    Duty,
    Enrol,
    FcmAddress,
    Hello,
    MessageFront,
    MessageShown,
    Picture,
    Ping,
    PositionReport,
    PushAddress,
    PushGone,
    Signal,
    Silence,
    Sounded,
)


class SessionState(StrEnum):
    OPENED = "opened"
    GREETED = "greeted"
    DRAINING = "draining"
    CLOSED = "closed"


class SessionEvent(StrEnum):
    GREET = "greet"
    DRAIN = "drain"
    CLOSE = "close"


TRANSITIONS: Final = MappingProxyType(
    {
        (SessionState.OPENED, SessionEvent.GREET): SessionState.GREETED,
        (SessionState.OPENED, SessionEvent.DRAIN): SessionState.DRAINING,
        (SessionState.OPENED, SessionEvent.CLOSE): SessionState.CLOSED,
        (SessionState.GREETED, SessionEvent.DRAIN): SessionState.DRAINING,
        (SessionState.GREETED, SessionEvent.CLOSE): SessionState.CLOSED,
        (SessionState.DRAINING, SessionEvent.CLOSE): SessionState.CLOSED,
    }
)

_ACTS: Final = frozenset(
    {Signal, Cancel, PositionReport}
    | {Duty, Delivered, Accept, Arrive, Close, Assign, Silence}
    | {Sounded, Contact, Condition, Picture}
    | {MessageFront, MessageShown}
    | {PushAddress, ApnsAddress, FcmAddress, PushGone}
)

ALLOWED: Final = MappingProxyType(
    {
        SessionState.OPENED: frozenset({Hello, Enrol, Ping}),
        SessionState.GREETED: _ACTS | {Ping},
        SessionState.DRAINING: _ACTS | {Ping},
        SessionState.CLOSED: frozenset(),
    }
)
"""Which messages of a client count in which state."""


def advance(state: SessionState, event: SessionEvent) -> SessionState:
    """Return the next state. Raises `KeyError` for a step that is not in the table: our bug."""
    return TRANSITIONS[state, event]

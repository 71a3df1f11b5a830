"""The life of an alert, as a table.

    raised ──▶ dispatched ──▶ accepted ──▶ on_scene ──▶ closed
                   ▲             │            │
                   └─ owner_lost ┴────────────┘

An alert is raised when it reached nobody yet, dispatched once somebody was sent it. Any open alert
may be closed by whoever is entitled to; nothing leaves `closed`.

An alert that reached nobody may be accepted all the same: it may have moved to a patrol that goes
there before the frame that tells of it does.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from protocol.vocabulary import AlertState


class AlertEvent(StrEnum):
    SENT = "sent"
    ACCEPT = "accept"
    ARRIVE = "arrive"
    OWNER_LOST = "owner_lost"
    CLOSE = "close"


TRANSITIONS: Final = MappingProxyType(
    {
        (AlertState.RAISED, AlertEvent.SENT): AlertState.DISPATCHED,
        (AlertState.RAISED, AlertEvent.ACCEPT): AlertState.ACCEPTED,
        (AlertState.RAISED, AlertEvent.CLOSE): AlertState.CLOSED,
        (AlertState.DISPATCHED, AlertEvent.SENT): AlertState.DISPATCHED,
        (AlertState.DISPATCHED, AlertEvent.ACCEPT): AlertState.ACCEPTED,
        (AlertState.DISPATCHED, AlertEvent.CLOSE): AlertState.CLOSED,
        (AlertState.ACCEPTED, AlertEvent.SENT): AlertState.ACCEPTED,
        # A patrol that takes over from an overdue owner accepts an accepted alert.
        (AlertState.ACCEPTED, AlertEvent.ACCEPT): AlertState.ACCEPTED,
        (AlertState.ACCEPTED, AlertEvent.ARRIVE): AlertState.ON_SCENE,
        (AlertState.ACCEPTED, AlertEvent.OWNER_LOST): AlertState.DISPATCHED,
        (AlertState.ACCEPTED, AlertEvent.CLOSE): AlertState.CLOSED,
        (AlertState.ON_SCENE, AlertEvent.SENT): AlertState.ON_SCENE,
        (AlertState.ON_SCENE, AlertEvent.OWNER_LOST): AlertState.DISPATCHED,
        (AlertState.ON_SCENE, AlertEvent.CLOSE): AlertState.CLOSED,
    }
)


def advance(state: AlertState, event: AlertEvent) -> AlertState:
    """Return the next state. Raises `KeyError` for a step that is not in the table: our bug."""
    return TRANSITIONS[state, event]

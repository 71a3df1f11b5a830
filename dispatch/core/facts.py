"""What goes on the record: named facts, without personal data.

A fact says what was decided about which alert and device, and why, in words that are logged and
counted under the same names. Who the person is and where they are stays in the registry.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct


class FactKind(StrEnum):
    SIGNAL = "signal"
    TOLD = "told"
    CANCEL_ASKED = "cancel_asked"
    DISPATCHED = "dispatched"
    DELIVERED = "delivered"
    ESCALATED = "escalated"
    ACCEPTED = "accepted"
    ASSIGNED = "assigned"
    OWNER_LOST = "owner_lost"
    ARRIVED = "arrived"
    CLOSED = "closed"
    SIREN = "siren"
    SILENCED = "silenced"
    PICTURE = "picture"
    MESSAGED = "messaged"
    MESSAGE_SHOWN = "message_shown"
    MESSAGE_ENDED = "message_ended"
    FALSE_ALARM = "false_alarm"
    DENIED = "denied"
    GREETED = "greeted"
    REFUSED = "refused"
    FAULT = "fault"
    DISCONNECTED = "disconnected"
    DUTY = "duty"
    CODE_SPENT = "code_spent"
    PUSHED = "pushed"
    REVOKED = "revoked"
    INSTALLED = "installed"
    SEEN = "seen"
    SELF_TESTED = "self_tested"
    TROUBLE_OPENED = "trouble_opened"
    TROUBLE_CLOSED = "trouble_closed"
    UNINSTALLED = "uninstalled"


ON_DUTY: Final = "on"
OFF_DUTY: Final = "off"
"""The reasons of `FactKind.DUTY`."""


class Fact(Struct, frozen=True, gc=False):
    """One decision. `reason` is a word of a closed set: a verdict, a denial, a step."""

    kind: FactKind
    at_ms: int
    reason: str = ""
    device_id: str | None = None
    alert_id: str | None = None
    person_id: str | None = None
    took_ms: int | None = None

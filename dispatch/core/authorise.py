"""Who may do what: one table for what a role may say, one function for what it may touch.

Outsiders are told that an alert does not exist, whether it does or not; the record says the truth.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from dispatch.core.alert import Alert
from dispatch.core.fanout import concerns
from dispatch.core.registry import Device
from protocol.messages import (
    Accept,
    AnyClientMessage,
    ApnsAddress,
    Arrive,
    Assign,
    Cancel,
    Close,
    Condition,
    Contact,
    Delivered,
    Duty,
    FcmAddress,
    MessageFront,
    MessageShown,
    Picture,
    PositionReport,
    PushAddress,
    PushGone,
    Signal,
    Silence,
    Sounded,
)
from protocol.vocabulary import AlertState, ErrorCode, Role


class Denial(StrEnum):
    """Why something was not allowed, as it is recorded."""

    ROLE = "role"
    NOT_BEHIND_GATEWAY = "not_behind_gateway"
    UNKNOWN_ALERT = "unknown_alert"
    NOT_YOUR_ALERT = "not_your_alert"
    OFF_DUTY = "off_duty"
    ALREADY_OWNED = "already_owned"
    NOT_OWNER = "not_owner"
    ALREADY_CLOSED = "already_closed"
    JUDGED_HERE = "judged_here"
    """That kind of trouble is found here, not said by the device."""
    SIGNAL_ID_CONFLICT = "signal_id_conflict"
    OVERLOADED = "overloaded"
    ENOUGH_PICTURES = "enough_pictures"
    UNKNOWN_FRONT = "unknown_front"
    NOT_YOUR_FRONT = "not_your_front"
    NOT_YOUR_MESSAGE = "not_your_message"
    MESSAGE_ID_CONFLICT = "message_id_conflict"
    TOO_MANY_MESSAGES = "too_many_messages"
    NOT_ON_CALL = "not_on_call"
    """It is no patrol that can be called: not connected, or off duty."""


TOLD_AS: Final = MappingProxyType(
    {
        Denial.ROLE: ErrorCode.NOT_ALLOWED,
        Denial.NOT_BEHIND_GATEWAY: ErrorCode.NOT_ALLOWED,
        Denial.UNKNOWN_ALERT: ErrorCode.UNKNOWN_ALERT,
        Denial.NOT_YOUR_ALERT: ErrorCode.UNKNOWN_ALERT,
        Denial.OFF_DUTY: ErrorCode.OFF_DUTY,
        Denial.ALREADY_OWNED: ErrorCode.ALREADY_OWNED,
        Denial.NOT_OWNER: ErrorCode.NOT_OWNER,
        Denial.ALREADY_CLOSED: ErrorCode.ALREADY_CLOSED,
        Denial.JUDGED_HERE: ErrorCode.NOT_ALLOWED,
        Denial.SIGNAL_ID_CONFLICT: ErrorCode.SIGNAL_ID_CONFLICT,
        Denial.OVERLOADED: ErrorCode.OVERLOADED,
        Denial.ENOUGH_PICTURES: ErrorCode.NOT_ALLOWED,
        Denial.UNKNOWN_FRONT: ErrorCode.UNKNOWN_FRONT,
        Denial.NOT_YOUR_FRONT: ErrorCode.NOT_ALLOWED,
        Denial.NOT_YOUR_MESSAGE: ErrorCode.NOT_ALLOWED,
        Denial.MESSAGE_ID_CONFLICT: ErrorCode.MESSAGE_ID_CONFLICT,
        Denial.TOO_MANY_MESSAGES: ErrorCode.TOO_SOON,
        Denial.NOT_ON_CALL: ErrorCode.NOT_ON_CALL,
    }
)
"""What the device is told of each denial."""

_PRESSES: Final = frozenset({Signal, Cancel, PositionReport})
_ADDRESSES: Final = frozenset({PushAddress, ApnsAddress, FcmAddress})
_CONTROL: Final = frozenset({Duty, Delivered, Assign, Close, Silence, MessageFront}) | _ADDRESSES

MAY_SAY: Final = MappingProxyType(
    {
        Role.APP: _PRESSES | {MessageShown} | _ADDRESSES,
        Role.BUTTON: _PRESSES | {MessageShown, Condition},
        Role.GATEWAY: frozenset({Signal, Cancel, Contact, Condition, Sounded, Picture}),
        Role.SIREN: frozenset({PositionReport, Condition, Sounded}),
        Role.PATROL: frozenset({Duty, PositionReport, Delivered, Accept, Arrive, Close, Silence})
        | _ADDRESSES,
        Role.OPERATOR: _CONTROL,
        Role.SUPERVISOR: _CONTROL,
        Role.CAMERA: frozenset(),
        Role.CONSOLE: frozenset({Signal, Cancel, Close, Assign, Silence, MessageFront}),
        Role.PUSH: frozenset({PushGone}),
    }
)
"""Which messages each role may send once greeted (`ping` always)."""


def may_say(device: Device, message: AnyClientMessage) -> Denial | None:
    """Check a message against the role's row of the table."""
    return None if type(message) in MAY_SAY[device.role] else Denial.ROLE


def may_touch(
    device: Device, on_duty: bool, alert: Alert, message: Accept | Arrive | Close | Assign | Silence
) -> Denial | None:
    """Check an action on an alert: whose it is, whether it is open, and who owns it."""
    if not concerns(alert, device):
        return Denial.NOT_YOUR_ALERT
    if alert.state is AlertState.CLOSED:
        return Denial.ALREADY_CLOSED
    if not on_duty and device.role is not Role.CONSOLE:
        return Denial.OFF_DUTY
    if device.role is not Role.PATROL:
        return None
    owner = alert.owner
    owns = owner is not None and owner.device_id == device.device_id
    if isinstance(message, Accept):
        taken = owner is not None and not owns and not owner.overdue
        return Denial.ALREADY_OWNED if taken else None
    if isinstance(message, Arrive) and owner is None:
        return None  # whoever stands at the door has accepted
    return None if owns else Denial.NOT_OWNER

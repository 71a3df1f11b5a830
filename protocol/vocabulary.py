"""The closed sets of words that messages use. Their values are what travels on the wire."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """What an enrolled device is, and so what it may do."""

    APP = "app"
    BUTTON = "button"
    PATROL = "patrol"
    SIREN = "siren"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    GATEWAY = "gateway"
    CAMERA = "camera"
    """It never speaks for itself: its gateway looks through it."""
    CONSOLE = "console"
    """The server's own HTTP side: it speaks for devices and operators that it has let in."""
    PUSH = "push"
    """The server's own push side: it wakes devices through the makers of their telephones."""


class Kind(StrEnum):
    """What the sender calls for help about."""

    PANIC = "panic"
    SILENT = "silent"
    MEDICAL = "medical"
    FIRE = "fire"
    INTRUSION = "intrusion"
    TEST = "test"


class AlertState(StrEnum):
    """How far the answer to an alert has got."""

    RAISED = "raised"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    ON_SCENE = "on_scene"
    CLOSED = "closed"


class Outcome(StrEnum):
    """What an alert turned out to be, said by whoever closes it."""

    REAL = "real"
    FALSE_ALARM = "false_alarm"
    UNFOUNDED = "unfounded"
    CANCELLED = "cancelled"
    DUPLICATE = "duplicate"
    TEST = "test"


class Verdict(StrEnum):
    """What became of one signal."""

    FIRST = "first"
    """It raised a new alert."""
    RETRANSMISSION = "retransmission"
    """The same signal came again; it has the same receipt and made no new frame."""
    REPEAT_PRESS = "repeat_press"
    """The same device pressed again; it was folded into its open alert."""
    CORROBORATION = "corroboration"
    """Another device, near in place, time and kind; folded in with its own person and place."""


class FoundBy(StrEnum):
    """How the place of an alert, and so its quadrant, was found."""

    INSIDE = "inside"
    TIE = "tie"
    NEAREST = "nearest"
    REGISTERED = "registered"
    LAST_KNOWN = "last_known"
    FRONT = "front"
    NONE = "none"


class Urgency(StrEnum):
    """How loud an alert is, from a drill to several people calling at once."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"


class Stage(StrEnum):
    """How far the call for help has got, as its sender is told."""

    RECEIVED = "received"
    DELIVERED = "delivered"
    ACCEPTED = "accepted"
    ON_SCENE = "on_scene"
    CLOSED = "closed"


class Step(StrEnum):
    """The step of escalation that an alert has reached."""

    NONE = "none"
    REPEATED = "repeated"
    WIDENED = "widened"
    SUPERVISORS = "supervisors"
    INSISTED = "insisted"


class Reach(StrEnum):
    """Why the devices that were told are the ones they are."""

    ON_DUTY = "on_duty"
    """Handhelds of the quadrant are on duty and connected."""
    NONE_CONNECTED = "none_connected"
    """No handheld of the quadrant is; its neighbours and the control room were told at once."""
    NO_QUADRANT = "no_quadrant"
    """The place belongs to no quadrant, or there is no place; the control room was told at once."""


class PushKind(StrEnum):
    """By which way a device can be woken."""

    WEBPUSH = "webpush"
    """A browser's subscription (RFC 8030), encrypted for that browser alone (RFC 8291)."""
    APNS = "apns"
    """An app on a telephone of Apple's, through its push notification service."""
    FCM = "fcm"
    """An app on a telephone with Google's services, through Firebase Cloud Messaging."""


class Action(StrEnum):
    """What a command asks a device to do."""

    RING = "ring"
    """Sound and vibrate for this alert again."""
    SOUND = "sound"
    """Siren: sound for `for_s` seconds, then fall silent by yourself."""
    SILENCE = "silence"
    """Siren: fall silent."""
    LOOK = "look"
    """Camera: take a picture now, and another one a while later."""


class SirenState(StrEnum):
    """What a siren does about an alert, as far as it is known."""

    ASKED = "asked"
    """It was told to sound and has not answered yet."""
    SOUNDING = "sounding"
    SILENT = "silent"
    """It has sounded, and was switched off or has run its time."""
    FAILED = "failed"
    """It was reached and did not sound."""
    UNREACHABLE = "unreachable"
    """Nobody could reach it."""


class TroubleKind(StrEnum):
    """What is wrong with a part of the kit."""

    MISSING = "missing"
    """It was not heard from for twice as long as it should be."""
    LOW_BATTERY = "low_battery"
    MAINS_LOST = "mains_lost"
    TAMPER = "tamper"
    """It was opened, moved or cut off."""
    FAULT = "fault"
    """It says that something in it is broken, or does not do what it is asked."""
    SELF_TEST_DUE = "self_test_due"
    """Nobody has pressed it as a test for a week."""


class NoticeCode(StrEnum):
    """What a notice tells."""

    SYNCED = "synced"
    """Every open alert that concerns this device has been sent since its welcome."""
    DRAINING = "draining"
    """The server is about to restart; reconnect when it closes."""
    TROUBLES = "troubles"
    """`count` troubles are open; the newest were sent."""


class ErrorCode(StrEnum):
    """Why a frame was not acted on. The connection lives on unless a close code follows."""

    BAD_JSON = "bad_json"
    """The frame is not one JSON object."""
    BAD_FIELD = "bad_field"
    """`field` is missing, of the wrong type or out of its range."""
    UNKNOWN_TYPE = "unknown_type"
    """`type` is missing, or names no message that a client sends."""
    NOT_GREETED = "not_greeted"
    """Only `enrol` and `ping` may come before `hello`."""
    ALREADY_GREETED = "already_greeted"
    """`hello` and `enrol` may not come after `hello`."""
    ENROLMENT_REFUSED = "enrolment_refused"
    """The code is unknown, spent or expired."""
    NOT_ALLOWED = "not_allowed"
    """The device's role may not do this, or not with this alert."""
    UNKNOWN_ALERT = "unknown_alert"
    """No alert that this device may see has this id."""
    SIGNAL_ID_CONFLICT = "signal_id_conflict"
    """Another device already used this `signal_id`: press again with a new one."""
    UNKNOWN_FRONT = "unknown_front"
    """There is no front with this id."""
    MESSAGE_ID_CONFLICT = "message_id_conflict"
    """Something else was said under this `message_id`: say it with a new one."""
    TOO_SOON = "too_soon"
    """So much was said by this device of late: wait a while, then send the frame again."""
    OFF_DUTY = "off_duty"
    """Whoever is off duty does not answer alerts."""
    NOT_ON_CALL = "not_on_call"
    """The patrol is not connected, or off duty."""
    ALREADY_OWNED = "already_owned"
    """Another patrol has accepted the alert."""
    NOT_OWNER = "not_owner"
    """Only the alert's owner may do this."""
    ALREADY_CLOSED = "already_closed"
    """The alert has ended."""
    UNAVAILABLE = "unavailable"
    """What this needs does not work at the moment: send the frame again later."""
    UNABLE_TO_STORE = "unable_to_store"
    """The press was dispatched but is on no disk yet: keep it and send it again, the same."""
    OVERLOADED = "overloaded"
    """There is no room for this at the moment: send the frame again later."""


class Blame(StrEnum):
    """Whose fault an error is, and so what a client does about it."""

    CLIENT = "client"
    """The client's: mend what it sends. These are counted, and too many close the connection."""
    ACT = "act"
    """Nobody's: the frame was understood, but this device may not do this, or not now."""
    SERVER = "server"
    """The server's: the same frame may be sent again."""


BLAME: Final = MappingProxyType(
    dict.fromkeys(ErrorCode, Blame.ACT)
    | dict.fromkeys(
        (
            ErrorCode.BAD_JSON,
            ErrorCode.BAD_FIELD,
            ErrorCode.UNKNOWN_TYPE,
            ErrorCode.NOT_GREETED,
            ErrorCode.ALREADY_GREETED,
            ErrorCode.ENROLMENT_REFUSED,
        ),
        Blame.CLIENT,
    )
    | dict.fromkeys(
        (ErrorCode.UNAVAILABLE, ErrorCode.UNABLE_TO_STORE, ErrorCode.OVERLOADED), Blame.SERVER
    )
)

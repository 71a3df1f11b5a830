"""The closed sets of words that messages use. Their values are what travels on the wire."""

from enum import StrEnum


class Role(StrEnum):
    """What an enrolled device is, and so what it may do."""

    APP = "app"
    BUTTON = "button"
    PATROL = "patrol"
    SIREN = "siren"
    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    GATEWAY = "gateway"


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


class Action(StrEnum):
    """What a command asks a device to do."""

    RING = "ring"
    """Sound and vibrate for this alert again."""
    HUSH = "hush"
    """Stop sounding for this alert."""


class NoticeCode(StrEnum):
    """What a notice tells."""

    SYNCED = "synced"
    """Every open alert that concerns this device has been sent since its welcome."""
    DRAINING = "draining"
    """The server is about to restart; reconnect when it closes."""


class ErrorCode(StrEnum):
    """Why a frame was not acted on. The connection lives on unless a close code follows."""

    BAD_JSON = "bad_json"
    BAD_FIELD = "bad_field"
    UNKNOWN_TYPE = "unknown_type"
    NOT_GREETED = "not_greeted"
    ALREADY_GREETED = "already_greeted"
    ENROLMENT_REFUSED = "enrolment_refused"
    UNAVAILABLE = "unavailable"
    NOT_ALLOWED = "not_allowed"
    UNKNOWN_ALERT = "unknown_alert"
    SIGNAL_ID_CONFLICT = "signal_id_conflict"
    OFF_DUTY = "off_duty"
    ALREADY_OWNED = "already_owned"
    NOT_OWNER = "not_owner"
    ALREADY_CLOSED = "already_closed"
    OVERLOADED = "overloaded"

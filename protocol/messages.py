"""Every message of `cuadrante.v1`, as validated, immutable structures.

A frame is one JSON object whose `type` names the structure. Unknown fields are ignored, so that an
older server understands a newer client's press. Times are whole milliseconds since the Unix epoch
(`_ms`); coordinates are WGS 84 degrees (EPSG:4326).
"""

from typing import Annotated

from msgspec import Meta, Struct

from protocol.limits import NOTE_CHARS
from protocol.vocabulary import (
    Action,
    AlertState,
    ErrorCode,
    FoundBy,
    Kind,
    NoticeCode,
    Outcome,
    Reach,
    Role,
    Stage,
    Step,
    Urgency,
    Verdict,
)

# `(?!\n)`: in Python, though not in JSON Schema's ECMA-262, `$` also matches before a last newline.
UUIDV7_PATTERN = (
    "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$"
    r"(?!\n)"
)
DEVICE_ID_PATTERN = r"^[A-Za-z0-9._:-]{1,64}$(?!\n)"
TEXT_PATTERN = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f]*$"
"""No control characters but tabs and line ends: PostgreSQL refuses U+0000, and JSON writes each
of the others in six bytes, so that a note of them would outgrow an alert's frame."""

SignalId = Annotated[
    str,
    Meta(
        pattern=UUIDV7_PATTERN,
        description="UUID version 7 (RFC 9562, section 5.7), made by the device that pressed.",
        examples=["01932f7a-5c00-7abc-8def-0123456789ab"],
    ),
]
DeviceId = Annotated[str, Meta(pattern=DEVICE_ID_PATTERN, description="An enrolled device.")]
Ref = Annotated[
    str,
    Meta(max_length=64, description="Chosen by the client; echoed in an error about this frame."),
]
Client = Annotated[
    str, Meta(max_length=64, pattern=TEXT_PATTERN, description="Software and version.")
]
EpochMs = Annotated[
    int, Meta(ge=0, le=253_402_300_799_999, description="Milliseconds since the epoch.")
]
Latitude = Annotated[float, Meta(ge=-90, le=90, description="Degrees north, WGS 84.")]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="Degrees east, WGS 84.")]


class Position(Struct, frozen=True):
    """Where a device says that it is."""

    lat: Latitude
    lon: Longitude
    accuracy_m: (
        Annotated[
            float, Meta(ge=0, le=100_000, description="Radius of the 68 % circle; none: unknown.")
        ]
        | None
    ) = None
    age_s: (
        Annotated[
            float, Meta(ge=0, le=31_536_000, description="Seconds since the fix; none: unknown.")
        ]
        | None
    ) = None


class Text(Struct, frozen=True):
    """A sentence for people: Spanish (es-CO) first, English beside it."""

    es: str
    en: str


# --- client to server ---------------------------------------------------------------------------


class ClientMessage(Struct, frozen=True, tag_field="type", kw_only=True):
    """What every message of a client may carry."""

    ref: Ref | None = None


class Hello(ClientMessage, frozen=True, tag="hello"):
    """The first frame of an enrolled device. Answered by `welcome`, or closed with 4500."""

    device_id: DeviceId
    token: Annotated[str, Meta(min_length=1, max_length=128, description="From `enrolled`.")]
    on_duty: Annotated[
        bool | None, Meta(description="Patrol, operator, supervisor: the same as `duty`, at once.")
    ] = None
    client: Client = ""


class Enrol(ClientMessage, frozen=True, tag="enrol"):
    """Trades a one-time enrolment code for a token. Answered by `enrolled`."""

    code: Annotated[str, Meta(min_length=1, max_length=64)]
    client: Client = ""


class Signal(ClientMessage, frozen=True, tag="signal"):
    """One press. Only `signal_id` and `kind` are essential: any other field that cannot be used
    is left out, named in an `error`, and the press goes out all the same."""

    signal_id: SignalId
    kind: Kind
    pressed_at_ms: EpochMs | None = None
    position: Position | None = None
    source_device_id: Annotated[
        DeviceId | None, Meta(description="Gateway only: the device behind it that was pressed.")
    ] = None


class Cancel(ClientMessage, frozen=True, tag="cancel"):
    """The sender takes its press back. The patrol is told and decides: it may be duress."""

    signal_id: SignalId


class PositionReport(ClientMessage, frozen=True, tag="position"):
    """Where the device is now. Moves the place of its open alert, if it has one."""

    position: Position


class Duty(ClientMessage, frozen=True, tag="duty"):
    """Goes on or off duty. Whoever is off duty is never called."""

    on_duty: bool


class Delivered(ClientMessage, frozen=True, tag="delivered"):
    """This handheld has shown this version of this alert."""

    alert_id: SignalId
    version: Annotated[int, Meta(ge=1)]


class Accept(ClientMessage, frozen=True, tag="accept"):
    """This patrol answers the alert and becomes its owner."""

    alert_id: SignalId
    eta_s: Annotated[int, Meta(ge=0, le=14_400, description="Seconds until arrival.")] | None = None


class Arrive(ClientMessage, frozen=True, tag="arrive"):
    """The owner is at the place."""

    alert_id: SignalId


class Close(ClientMessage, frozen=True, tag="close"):
    """The owner, or the control room, ends the alert and says what it was."""

    alert_id: SignalId
    outcome: Outcome
    note: Annotated[str, Meta(max_length=NOTE_CHARS, pattern=TEXT_PATTERN)] = ""


class Ping(ClientMessage, frozen=True, tag="ping"):
    """Answered by `pong`."""


AnyClientMessage = (
    Hello
    | Enrol
    | Signal
    | Cancel
    | PositionReport
    | Duty
    | Delivered
    | Accept
    | Arrive
    | Close
    | Ping
)

# --- server to client ---------------------------------------------------------------------------


class ServerMessage(Struct, frozen=True, tag_field="type", kw_only=True):
    """What the server says."""


class Welcome(ServerMessage, frozen=True, tag="welcome"):
    """The device is known. Its open alerts (or receipts) follow, then the notice `synced`.

    Whatever the device knew before and is not sent between the two has ended. Sent again on a live
    connection when the device was moved to another quadrant.
    """

    device_id: str
    role: Role
    name: str
    now_ms: int
    quadrant: str | None
    edition: str
    on_duty: bool
    open_alerts: Annotated[int, Meta(description="Alerts (or receipts) that follow.")]
    ping_interval_s: Annotated[
        int, Meta(description="Send something at least this often, or be taken for gone.")
    ]


class Enrolled(ServerMessage, frozen=True, tag="enrolled"):
    """The device's own token: keep it secret. The code is spent by the first `hello` with it."""

    device_id: str
    role: Role
    token: str


class QuadrantView(Struct, frozen=True):
    """A quadrant as people are shown it."""

    code: str
    name: str
    station: str
    cai: str
    phone: str


class PlaceView(Struct, frozen=True):
    """Where an alert is, and how sure that is."""

    lat: float | None
    lon: float | None
    accuracy_m: float | None
    age_s: float | None
    address: str
    found_by: FoundBy
    border_m: Annotated[
        float | None, Meta(description="Metres to the quadrant's border (a floor if not exact).")
    ]
    border_exact: bool
    runner_up: Annotated[str | None, Meta(description="Code of the nearest other quadrant.")]


class SenderView(Struct, frozen=True):
    """Who pressed. `false_alarms` marks a doubtful sender; it never silences one."""

    device_id: str
    role: Role
    name: str
    phone: str
    false_alarms: int
    doubtful: bool


class Report(Struct, frozen=True):
    """One signal folded into the alert, with its own person and place."""

    signal_id: str
    verdict: Verdict
    kind: Kind
    sender: SenderView
    place: PlaceView
    received_at_ms: int


class FrontView(Struct, frozen=True):
    """The neighbourhood front and what is around."""

    front_id: str
    name: str
    barrio: str
    coordinator: str
    coordinator_phone: str
    sirens: int
    cameras: int
    buttons: int


class OwnerView(Struct, frozen=True):
    """The one patrol that answers."""

    device_id: str
    name: str
    quadrant: str | None
    eta_s: int | None
    arrival_overdue: bool


class Told(Struct, frozen=True):
    """Who was told, and why they."""

    reach: Reach
    secondary: Annotated[
        tuple[str, ...], Meta(description="Quadrants that the accuracy circle reaches.")
    ]
    neighbours: Annotated[tuple[str, ...], Meta(description="Other quadrants that were told.")]
    control_room: bool
    supervisors: bool
    delivered_to: Annotated[int, Meta(description="Handhelds that have shown it.")]


class Escalation(Struct, frozen=True):
    """How far the alert was raised for want of an answer."""

    step: Step
    rounds: Annotated[int, Meta(description="Times it was raised since it was last owned.")]
    next_at_ms: int | None


class Stages(Struct, frozen=True):
    """When each stage happened, by the server's clock (`pressed_at_ms` by the device's)."""

    pressed_at_ms: int | None = None
    received_at_ms: int | None = None
    sent_at_ms: int | None = None
    delivered_at_ms: int | None = None
    accepted_at_ms: int | None = None
    arrived_at_ms: int | None = None
    closed_at_ms: int | None = None


class LateStage(Struct, frozen=True):
    """A stage that broke its latency budget."""

    stage: str
    took_ms: int
    budget_ms: int


class Alert(ServerMessage, frozen=True, tag="alert"):
    """The whole state of one emergency. A higher `version` replaces a lower one."""

    alert_id: str
    version: int
    state: AlertState
    kind: Kind
    urgency: Urgency
    quadrant: QuadrantView | None
    edition: str
    place: PlaceView
    sender: SenderView
    front: FrontView | None
    reports: Annotated[
        tuple[Report, ...], Meta(description="Signals folded in after the first, newest last.")
    ]
    signals_total: int
    told: Told
    owner: OwnerView | None
    escalation: Escalation
    cancel_requested_at_ms: int | None
    outcome: Outcome | None
    note: str
    stages: Stages
    late: tuple[LateStage, ...]


class Receipt(ServerMessage, frozen=True, tag="receipt"):
    """What has truly become of a press, for its sender. A higher `version` replaces a lower one."""

    signal_id: str
    alert_id: str
    version: int
    verdict: Verdict
    stage: Stage
    quadrant: QuadrantView | None
    found_by: FoundBy
    reach: Reach
    stored: Annotated[
        bool, Meta(description="It survives whatever happens to the server, as this one is set up.")
    ]
    delivered_to: int
    patrol: Annotated[str | None, Meta(description="The name of the patrol that accepted.")]
    eta_s: int | None
    cancel_requested: bool
    outcome: Outcome | None
    discreet: Annotated[bool, Meta(description="Show and sound nothing: the press was silent.")]
    text: Text
    journaled: Annotated[
        bool,
        Meta(
            description="It is on the server's own disk. Where the database must have it too, this "
            "without `stored` says that the database is away."
        ),
    ] = False


class Command(ServerMessage, frozen=True, tag="command"):
    """Asks a device to do something about an alert."""

    action: Action
    alert_id: str


class Notice(ServerMessage, frozen=True, tag="notice"):
    """Something worth knowing that needs no answer."""

    code: NoticeCode
    text: Text
    count: int | None = None


class Error(ServerMessage, frozen=True, tag="error"):
    """Why a frame was not acted on."""

    code: ErrorCode
    text: Text
    field: Annotated[
        str | None, Meta(description="Dotted path of the field at fault, such as `position.lat`.")
    ] = None
    about: Annotated[str | None, Meta(description="The `type` of the frame at fault.")] = None
    ref: str | None = None
    alert_id: str | None = None


class Pong(ServerMessage, frozen=True, tag="pong"):
    """Answers `ping`."""

    now_ms: int
    ref: str | None = None


AnyServerMessage = Welcome | Enrolled | Receipt | Alert | Command | Notice | Error | Pong

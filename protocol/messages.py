"""Every message of `cuadrante.v1`, as validated, immutable structures.

A frame is one JSON object whose `type` names the structure. Unknown fields are ignored, so that an
older server understands a newer client's press. Times are whole milliseconds since the Unix epoch
(`_ms`); coordinates are WGS 84 degrees (EPSG:4326).
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from protocol.limits import (
    MESSAGE_CHARS,
    NOTE_CHARS,
    PICTURE_MAX_BYTES,
    PUSH_ADDRESSES_MAX,
    PUSH_ENDPOINT_CHARS,
    SEEN_PER_FRAME_MAX,
)
from protocol.vocabulary import (
    Action,
    AlertState,
    ErrorCode,
    FoundBy,
    Kind,
    NoticeCode,
    Outcome,
    PushKind,
    Reach,
    Role,
    SirenState,
    Stage,
    Step,
    TroubleKind,
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
VISIBLE_PATTERN = r"[^\s\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
"""Something that can be seen: not only blanks, control characters and marks of direction."""

SignalId = Annotated[
    str,
    Meta(
        pattern=UUIDV7_PATTERN,
        description="UUID version 7 (RFC 9562, section 5.7), made by the device that pressed.",
        examples=["01932f7a-5c00-7abc-8def-0123456789ab"],
    ),
]
DeviceId = Annotated[str, Meta(pattern=DEVICE_ID_PATTERN, description="An enrolled device.")]
FrontId = Annotated[str, Meta(pattern=DEVICE_ID_PATTERN, description="A neighbourhood front.")]
MessageId = Annotated[
    str,
    Meta(
        pattern=UUIDV7_PATTERN,
        description="UUID version 7 (RFC 9562, section 5.7), made by whoever says the message.",
    ),
]
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
EtaS = Annotated[int, Meta(ge=0, le=14_400, description="Seconds until arrival.")]
Latitude = Annotated[float, Meta(ge=-90, le=90, description="Degrees north, WGS 84.")]
Longitude = Annotated[float, Meta(ge=-180, le=180, description="Degrees east, WGS 84.")]


class Position(Struct, frozen=True, gc=False):
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


class Text(Struct, frozen=True, gc=False):
    """A sentence for people: Spanish (es-CO) first, English beside it."""

    es: str
    en: str


# --- client to server ---------------------------------------------------------------------------


class ClientMessage(Struct, frozen=True, tag_field="type", kw_only=True, gc=False):
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
        DeviceId | None,
        Meta(description="Gateway, console: the device that was pressed. Others press themselves."),
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
    eta_s: EtaS | None = None


class Arrive(ClientMessage, frozen=True, tag="arrive"):
    """The owner is at the place."""

    alert_id: SignalId


class Close(ClientMessage, frozen=True, tag="close"):
    """The owner, or the control room, ends the alert and says what it was."""

    alert_id: SignalId
    outcome: Outcome
    note: Annotated[str, Meta(max_length=NOTE_CHARS, pattern=TEXT_PATTERN)] = ""


class Assign(ClientMessage, frozen=True, tag="assign"):
    """The control room gives the alert to a patrol, which is its owner from now on."""

    alert_id: SignalId
    device_id: Annotated[DeviceId, Meta(description="The patrol; it is connected and on duty.")]
    eta_s: EtaS | None = None


class Silence(ClientMessage, frozen=True, tag="silence"):
    """Whoever answers the alert has its sirens fall silent."""

    alert_id: SignalId


class MessageFront(ClientMessage, frozen=True, tag="message_front"):
    """The control room says something to everyone of a front. Answered by `front_message`, as
    often as it is sent."""

    message_id: MessageId
    front_id: FrontId
    body: Annotated[
        str,
        Meta(
            max_length=MESSAGE_CHARS,
            pattern=VISIBLE_PATTERN,
            description="The words. Control characters and marks of direction are left out.",
        ),
    ]
    alert_id: Annotated[
        SignalId | None, Meta(description="The open alert of that front that it is about.")
    ] = None
    source_device_id: Annotated[
        DeviceId | None,
        Meta(description="Console only: the operator or supervisor in whose name it says this."),
    ] = None


class MessageShown(ClientMessage, frozen=True, tag="message_shown"):
    """This device has shown this message to a person."""

    message_id: MessageId


class Sounded(ClientMessage, frozen=True, tag="sounded"):
    """What a siren does about an alert: it says so itself, or its gateway does."""

    alert_id: SignalId
    state: SirenState
    device_id: Annotated[
        DeviceId | None, Meta(description="Gateway only: the siren behind it that this is about.")
    ] = None


BatteryPercent = Annotated[int, Meta(ge=0, le=100, description="What is left of it.")]


class Seen(Struct, frozen=True, gc=False):
    """A device behind a gateway gave proof of life."""

    device_id: DeviceId
    battery_percent: BatteryPercent | None = None
    tested: Annotated[bool, Meta(description="It was a self-test.")] = False


class Contact(ClientMessage, frozen=True, tag="contact"):
    """Gateway: which of its devices were heard from since its last `contact`, each at most once."""

    seen: Annotated[tuple[Seen, ...], Meta(max_length=SEEN_PER_FRAME_MAX)]


class Condition(ClientMessage, frozen=True, tag="condition"):
    """Something is wrong with a part of the kit, or is right again."""

    trouble: TroubleKind
    present: bool
    device_id: Annotated[
        DeviceId | None, Meta(description="Gateway only: the device behind it that this is about.")
    ] = None


class Picture(ClientMessage, frozen=True, tag="picture"):
    """Gateway: a camera's picture of an alert is safely kept, under this id."""

    alert_id: SignalId
    device_id: Annotated[DeviceId, Meta(description="The camera.")]
    picture_id: SignalId
    taken_at_ms: EpochMs
    size_bytes: Annotated[int, Meta(ge=1, le=PICTURE_MAX_BYTES)]


class PushAddress(ClientMessage, frozen=True, tag="push_address"):
    """App, patrol, control room: how to wake this browser while it is not connected.

    Said after each `welcome`, where somebody goes on duty only on it; the same again changes
    nothing. Going off duty withdraws it.
    """

    kind: Literal["webpush"]
    endpoint: Annotated[
        str,
        Meta(
            max_length=PUSH_ENDPOINT_CHARS,
            pattern=r"^https://[\x21-\x7e]+$(?!\n)",
            description="A capability: whoever knows it can push. Kept from logs.",
        ),
    ]
    p256dh: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9_-]{87}=?$(?!\n)",
            description="The browser's public key, base64url (RFC 8291, section 2).",
        ),
    ]
    auth: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9_-]{22}(==)?$(?!\n)",
            description="The browser's authentication secret, base64url (RFC 8291, section 2).",
        ),
    ]


class ApnsAddress(ClientMessage, frozen=True, tag="apns_address"):
    """As `push_address`, for an app on a telephone of Apple's."""

    token: Annotated[
        str,
        Meta(
            pattern=r"^[0-9A-Fa-f]{64,200}$(?!\n)",
            description="The device token as hexadecimal digits. Kept from logs.",
        ),
    ]
    topic: Annotated[
        str,
        Meta(
            pattern=r"^[A-Za-z0-9.-]{0,155}$(?!\n)",
            description="The app's bundle id; empty: the first that the server knows.",
        ),
    ] = ""


class FcmAddress(ClientMessage, frozen=True, tag="fcm_address"):
    """As `push_address`, for an app on a telephone with Google's services."""

    token: Annotated[
        str,
        Meta(
            max_length=PUSH_ENDPOINT_CHARS,
            pattern=r"^[A-Za-z0-9_:.-]{32,}$(?!\n)",
            description="The registration token. Kept from logs.",
        ),
    ]


class PushGone(ClientMessage, frozen=True, tag="push_gone"):
    """Push: this address wakes nobody any more."""

    device_id: DeviceId
    endpoint: Annotated[
        str,
        Meta(
            max_length=PUSH_ENDPOINT_CHARS,
            pattern=r"^[\x21-\x7e]+$(?!\n)",
            description="As the `push` said it.",
        ),
    ]


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
    | Assign
    | Silence
    | MessageFront
    | MessageShown
    | Sounded
    | Contact
    | Condition
    | Picture
    | PushAddress
    | ApnsAddress
    | FcmAddress
    | PushGone
    | Ping
)

# --- server to client ---------------------------------------------------------------------------


class ServerMessage(Struct, frozen=True, tag_field="type", kw_only=True, gc=False):
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


class QuadrantView(Struct, frozen=True, gc=False):
    """A quadrant as people are shown it."""

    code: str
    name: str
    station: str
    cai: str
    phone: str


class PlaceView(Struct, frozen=True, gc=False):
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


class SenderView(Struct, frozen=True, gc=False):
    """Who pressed. `false_alarms` marks a doubtful sender; it never silences one."""

    device_id: str
    role: Role
    name: str
    phone: str
    false_alarms: int
    doubtful: bool


class Report(Struct, frozen=True, gc=False):
    """One signal folded into the alert, with its own person and place."""

    signal_id: str
    verdict: Verdict
    kind: Kind
    sender: SenderView
    place: PlaceView
    received_at_ms: int


class FrontView(Struct, frozen=True, gc=False):
    """The neighbourhood front and what is around."""

    front_id: str
    name: str
    barrio: str
    coordinator: str
    coordinator_phone: str
    sirens: int
    cameras: int
    buttons: int


class OwnerView(Struct, frozen=True, gc=False):
    """The one patrol that answers."""

    device_id: str
    name: str
    quadrant: str | None
    eta_s: int | None
    arrival_overdue: bool


class Told(Struct, frozen=True, gc=False):
    """Who was told, and why they."""

    reach: Reach
    secondary: Annotated[
        tuple[str, ...], Meta(description="Quadrants that the accuracy circle reaches.")
    ]
    neighbours: Annotated[tuple[str, ...], Meta(description="Other quadrants that were told.")]
    control_room: bool
    supervisors: bool
    delivered_to: Annotated[int, Meta(description="Handhelds that have shown it.")]


class Escalation(Struct, frozen=True, gc=False):
    """How far the alert was raised for want of an answer."""

    step: Step
    rounds: Annotated[int, Meta(description="Times it was raised since it was last owned.")]
    next_at_ms: int | None


class Stages(Struct, frozen=True, gc=False):
    """When each stage happened, by the server's clock (`pressed_at_ms` by the device's)."""

    pressed_at_ms: int | None = None
    received_at_ms: int | None = None
    sent_at_ms: int | None = None
    delivered_at_ms: int | None = None
    accepted_at_ms: int | None = None
    arrived_at_ms: int | None = None
    closed_at_ms: int | None = None


class LateStage(Struct, frozen=True, gc=False):
    """A stage that broke its latency budget."""

    stage: str
    took_ms: int
    budget_ms: int


class SirenView(Struct, frozen=True, gc=False):
    """What a siren of the front does about the alert."""

    device_id: str
    name: str
    state: SirenState
    until_ms: Annotated[int | None, Meta(description="When it falls silent by itself.")]


class PictureView(Struct, frozen=True, gc=False):
    """A camera's picture of the alert."""

    picture_id: str
    device_id: Annotated[str, Meta(description="The camera.")]
    camera: Annotated[str, Meta(description="The camera's name.")]
    taken_at_ms: int
    path: Annotated[
        str,
        Meta(
            description="Where to read it on the HTTP interface. It holds for a while; a newer "
            "version of the alert has a newer one."
        ),
    ]


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
    sirens: tuple[SirenView, ...] = ()
    pictures: Annotated[tuple[PictureView, ...], Meta(description="Newest last.")] = ()


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
    device_id: Annotated[
        str | None, Meta(description="To a gateway: the device behind it that is to do it.")
    ] = None
    for_s: Annotated[int | None, Meta(description="`sound`: for how long.")] = None


class KitDevice(Struct, frozen=True, gc=False):
    """A device behind a gateway, as the gateway must know it."""

    device_id: str
    role: Role
    front_id: str | None
    heartbeat_s: Annotated[int, Meta(description="It should be heard from this often.")]
    wiring: Annotated[
        str | None,
        Meta(
            description="How to speak with it (protocol, account, address, keys), as base64 of a "
            "box that only holders of the installation's secret can open. None: not wired yet."
        ),
    ]


class Kit(ServerMessage, frozen=True, tag="kit"):
    """To a gateway: which devices are behind it, and which no longer.

    After `welcome` all of them come, over as many frames as it takes: what was not named when the
    first `complete` one is there, is not behind this gateway.
    """

    devices: tuple[KitDevice, ...] = ()
    removed: tuple[str, ...] = ()
    complete: bool = True


class Trouble(ServerMessage, frozen=True, tag="trouble"):
    """Something is wrong with a part of a kit, or (`closed_at_ms`) is right again.

    To the control room and to the coordinator of the front.
    """

    trouble_id: str
    kind: TroubleKind
    device_id: str
    device: Annotated[str, Meta(description="The device's name.")]
    role: Role
    front_id: str | None
    front: Annotated[str, Meta(description="The front's name.")]
    opened_at_ms: int
    closed_at_ms: int | None
    last_seen_ms: int | None
    battery_percent: int | None
    text: Text


class Patrol(ServerMessage, frozen=True, tag="patrol"):
    """To the control room: a patrol came, went, or is somewhere else now."""

    device_id: str
    name: str
    quadrant: str | None
    on_call: Annotated[bool, Meta(description="Connected and on duty: it can be called.")]
    position: Annotated[Position | None, Meta(description="What it reported last; none: nothing.")]
    at_ms: Annotated[int | None, Meta(description="When it reported that.")]


class Siren(ServerMessage, frozen=True, tag="siren"):
    """To the members of a front: its siren sounds, or is silent again, and who set it off."""

    front_id: str
    alert_id: str
    device: Annotated[str, Meta(description="The siren's name.")]
    state: SirenState
    by: Annotated[str, Meta(description="The name of whoever pressed.")]
    text: Text


class FrontMessage(ServerMessage, frozen=True, tag="front_message"):
    """To the members of a front, and to the control room: somebody there says this. Show it, and
    say `message_shown`. The same `message_id` is the same message."""

    message_id: str
    front_id: str
    front: Annotated[str, Meta(description="The front's name.")]
    alert_id: Annotated[str | None, Meta(description="The alert that it is about.")]
    by: Annotated[str, Meta(description="The name of whoever says it.")]
    body: str
    sent_at_ms: int
    until_ms: Annotated[int, Meta(description="From then on it is of no use any more.")]


class MessageReach(ServerMessage, frozen=True, tag="message_reach"):
    """To the control room: how far a message to a front has got. It replaces the one before."""

    message_id: str
    front_id: str
    members: Annotated[int, Meta(description="Devices of the front that can show it.")]
    sent_to: Annotated[int, Meta(description="To so many of them it was sent.")]
    shown_by: Annotated[int, Meta(description="So many of them have shown it.")]
    stored: Annotated[bool, Meta(description="It survives whatever happens to the server.")]


class PushTarget(Struct, frozen=True, gc=False):
    """One address through which a device is woken."""

    kind: PushKind
    endpoint: Annotated[str, Meta(description="A browser's URL, or a telephone's token.")]
    p256dh: str = ""
    auth: str = ""
    topic: Annotated[str, Meta(description="The app's bundle id, of Apple's alone.")] = ""


class Push(ServerMessage, frozen=True, tag="push"):
    """To the push side: wake this device for this alert. It says neither who calls nor where.

    With a stage it is for whoever called, and says how far the call for help has got.
    """

    alert_id: str
    device_id: str
    urgency: Urgency
    ttl_s: Annotated[int, Meta(description="After so long it is of no use any more.")]
    targets: Annotated[tuple[PushTarget, ...], Meta(max_length=PUSH_ADDRESSES_MAX)]
    stage: Stage | None = None


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


AnyServerMessage = (
    Welcome
    | Enrolled
    | Receipt
    | Alert
    | Command
    | Kit
    | Trouble
    | Patrol
    | Siren
    | FrontMessage
    | MessageReach
    | Push
    | Notice
    | Error
    | Pong
)

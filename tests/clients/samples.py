"""Messages of a server, with only what a test is about spelt out."""

from link.enrolment import Credentials
from protocol.messages import (
    Alert,
    Error,
    Escalation,
    FrontMessage,
    FrontView,
    MessageReach,
    Notice,
    OwnerView,
    PlaceView,
    QuadrantView,
    Receipt,
    SenderView,
    Stages,
    Text,
    Told,
    Trouble,
)
from protocol.uuid7 import uuid7
from protocol.vocabulary import (
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
    TroubleKind,
    Urgency,
    Verdict,
)

APP = Credentials("app-1", Role.APP, "app-token")
PATROL = Credentials("patrol-1", Role.PATROL, "patrol-token")
OPERATOR = Credentials("operator-1", Role.OPERATOR, "operator-token")

QUADRANT = QuadrantView("MECAR001", "El Centro 1", "Centro", "CAI Centro", "3000000001")
PLACE = PlaceView(10.4, -75.5, 12.0, 3.0, "Calle 1 # 2-3", FoundBy.INSIDE, 35.0, True, "MECAR002")
SENDER = SenderView("app-1", Role.APP, "Ana", "3000000002", 0, False)
FRONT = FrontView("f1", "Los Pinos", "Manga", "Luis", "3000000003", 1, 4, 1)
SYNCED = Notice(code=NoticeCode.SYNCED, text=Text("Al día.", "Up to date."), count=0)


def an_id(number: int = 1) -> str:
    """Make an id that differs with `number`."""
    return uuid7(1_760_000_000_000 + number, bytes([number % 256] * 10))


def trouble(trouble_id: str = "t1", closed_at_ms: int | None = None) -> Trouble:
    return Trouble(
        trouble_id=trouble_id,
        kind=TroubleKind.MISSING,
        device_id="button-1",
        device="Botón",
        role=Role.BUTTON,
        front_id="f1",
        front="Los Pinos",
        opened_at_ms=1,
        closed_at_ms=closed_at_ms,
        last_seen_ms=None,
        battery_percent=None,
        text=Text(f"{trouble_id} falla." if closed_at_ms is None else f"{trouble_id} bien.", ""),
    )


def troubles_in_all(count: int) -> Notice:
    return Notice(code=NoticeCode.TROUBLES, text=Text("Fallas.", "Troubles."), count=count)


def front_message(number: int = 1, body: str = "Cierren puertas") -> FrontMessage:
    return FrontMessage(
        message_id=an_id(number),
        front_id="f1",
        front="Los Pinos",
        alert_id=None,
        by="Sala 1",
        body=body,
        sent_at_ms=1,
        until_ms=2,
    )


def reach(message_id: str, shown_by: int = 0, *, stored: bool = True) -> MessageReach:
    return MessageReach(message_id, "f1", 12, 5, shown_by, stored)


def owner(device_id: str = "patrol-1", eta_s: int | None = 240) -> OwnerView:
    return OwnerView(device_id, "43-A", "MECAR001", eta_s, False)


def alert(
    alert_id: str | None = None,
    version: int = 1,
    state: AlertState = AlertState.DISPATCHED,
    *,
    owned_by: OwnerView | None = None,
    outcome: Outcome | None = None,
) -> Alert:
    return Alert(
        alert_id=alert_id or an_id(),
        version=version,
        state=state,
        kind=Kind.PANIC,
        urgency=Urgency.NORMAL,
        quadrant=QUADRANT,
        edition="2024",
        place=PLACE,
        sender=SENDER,
        front=FRONT,
        reports=(),
        signals_total=1,
        told=Told(Reach.ON_DUTY, (), (), False, False, 0),
        owner=owned_by,
        escalation=Escalation(Step.NONE, 0, None),
        cancel_requested_at_ms=None,
        outcome=outcome,
        note="",
        stages=Stages(),
        late=(),
    )


def receipt(
    signal_id: str,
    version: int = 1,
    stage: Stage = Stage.RECEIVED,
    *,
    alert_id: str | None = None,
    verdict: Verdict = Verdict.FIRST,
    stored: bool = True,
    cancel_requested: bool = False,
    discreet: bool = False,
) -> Receipt:
    return Receipt(
        signal_id=signal_id,
        alert_id=alert_id or signal_id,
        version=version,
        verdict=verdict,
        stage=stage,
        quadrant=QUADRANT,
        found_by=FoundBy.INSIDE,
        reach=Reach.ON_DUTY,
        stored=stored,
        delivered_to=0,
        patrol=None,
        eta_s=None,
        cancel_requested=cancel_requested,
        outcome=Outcome.REAL if stage is Stage.CLOSED else None,
        discreet=discreet,
        text=Text(f"es {stage}", f"en {stage}"),
    )


def error(
    code: ErrorCode, ref: str | None, field: str | None = None, alert_id: str | None = None
) -> Error:
    text = Text("No se pudo.", "It could not be.")
    return Error(code=code, text=text, ref=ref, field=field, alert_id=alert_id)

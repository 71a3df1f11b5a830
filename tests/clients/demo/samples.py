"""An alert as the server sends it."""

from protocol.messages import (
    Alert,
    Escalation,
    LateStage,
    OwnerView,
    PlaceView,
    QuadrantView,
    SenderView,
    Stages,
    Told,
)
from protocol.vocabulary import AlertState, FoundBy, Kind, Reach, Role, Step, Urgency

ALERT_ID = "01932f7a-5c00-7abc-8def-0123456789ab"
OWNER = OwnerView("patrulla-1", "Patrullera Lozadal", "Q7", 90, False)


def alert(
    *,
    version: int = 1,
    state: AlertState = AlertState.DISPATCHED,
    urgency: Urgency = Urgency.NORMAL,
    reach: Reach = Reach.ON_DUTY,
    step: Step = Step.NONE,
    owner: OwnerView | None = None,
    accepted_at_ms: int | None = None,
    arrived_at_ms: int | None = None,
    late: tuple[LateStage, ...] = (),
) -> Alert:
    place = PlaceView(10.6, -75.0, 8.0, 1.0, "", FoundBy.INSIDE, 40.0, True, None)
    sender = SenderView("app-1", Role.APP, "Olga Iriarteche", "", 0, False)
    return Alert(
        alert_id=ALERT_ID,
        version=version,
        state=state,
        kind=Kind.PANIC,
        urgency=urgency,
        quadrant=QuadrantView("Q7", "Cuadrante 007", "LAS GARZAS", "LOMA ALCATRAZ", ""),
        edition="demo",
        place=place,
        sender=sender,
        front=None,
        reports=(),
        signals_total=1,
        told=Told(reach, (), (), False, False, 1),
        owner=owner,
        escalation=Escalation(step, 0, None),
        cancel_requested_at_ms=None,
        outcome=None,
        note="",
        stages=Stages(
            pressed_at_ms=0,
            received_at_ms=2,
            sent_at_ms=3,
            delivered_at_ms=9,
            accepted_at_ms=accepted_at_ms,
            arrived_at_ms=arrived_at_ms,
        ),
        late=late,
    )

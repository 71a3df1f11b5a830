"""From the dispatcher's facts to what each side is shown."""

from dispatch.core.alert import Alert, Folded, Place, Press
from dispatch.core.limits import BUDGET_MS, DOUBTFUL_FROM_FALSE_ALARMS, PICTURE_PATH_HOLDS_S
from dispatch.core.moment import Moment
from dispatch.core.picture_paths import picture_path
from dispatch.core.quadrants import Edition
from dispatch.core.registry import Registry
from dispatch.core.words import receipt_text
from protocol import messages
from protocol.vocabulary import AlertState, Kind, Role, SirenState, Stage

_HEARD = frozenset({SirenState.ASKED, SirenState.SOUNDING})
_STAGE_OF = {
    AlertState.ACCEPTED: Stage.ACCEPTED,
    AlertState.ON_SCENE: Stage.ON_SCENE,
    AlertState.CLOSED: Stage.CLOSED,
}


def alert_view(
    alert: Alert, registry: Registry, now: Moment, picture_key: bytes = b""
) -> messages.Alert:
    """Show an alert whole, to those who answer it; without the key, not where its pictures are."""
    next_ms = _wall_ms(alert.escalate_at_s, now)
    stages = alert.stages
    return messages.Alert(
        alert_id=alert.alert_id,
        version=alert.version,
        state=alert.state,
        kind=alert.kind,
        urgency=alert.urgency,
        quadrant=alert.quadrant_view,
        edition=alert.edition,
        place=place_view(alert.place),
        sender=sender_view(registry, alert.device_id),
        front=_front_view(registry, alert.front_id),
        reports=tuple(_report(registry, folded) for folded in alert.folded),
        signals_total=alert.signals_total,
        told=messages.Told(
            reach=alert.reach,
            secondary=alert.secondary,
            neighbours=alert.neighbours,
            control_room=alert.control_room,
            supervisors=alert.supervisors,
            delivered_to=len(alert.delivered),
        ),
        owner=_owner_view(registry, alert),
        escalation=messages.Escalation(step=alert.step, rounds=alert.rounds, next_at_ms=next_ms),
        cancel_requested_at_ms=alert.cancel_requested_at_ms,
        outcome=alert.outcome,
        note=alert.note,
        stages=messages.Stages(
            pressed_at_ms=stages.pressed_at_ms,
            received_at_ms=stages.received_at_ms,
            sent_at_ms=stages.sent_at_ms,
            delivered_at_ms=stages.delivered_at_ms,
            accepted_at_ms=stages.accepted_at_ms,
            arrived_at_ms=stages.arrived_at_ms,
            closed_at_ms=stages.closed_at_ms,
        ),
        late=tuple(
            messages.LateStage(stage=stage, took_ms=took_ms, budget_ms=BUDGET_MS[stage])
            for stage, took_ms in alert.late.items()
        ),
        sirens=_siren_views(alert, registry, now) if alert.sirens else (),
        pictures=_picture_views(alert, registry, now, picture_key) if alert.pictures else (),
    )


def receipt_view(
    alert: Alert, registry: Registry, press: Press, *, reached_anyone: bool
) -> messages.Receipt:
    """Show a sender what has become of its press.

    Discreet is whoever pressed in silence, whatever the others of the same alert did.
    """
    stage = stage_of(alert)
    patrol = None
    if alert.owner is not None:
        patrol = _name(registry, alert.owner.device_id)
    return messages.Receipt(
        signal_id=press.signal_id,
        alert_id=alert.alert_id,
        version=alert.receipt_version,
        verdict=press.verdict,
        stage=stage,
        quadrant=alert.quadrant_view,
        found_by=alert.place.location.found_by,
        reach=alert.reach,
        stored=press.signal_id not in alert.unstored,
        journaled=alert.unstored.get(press.signal_id, True),
        delivered_to=len(alert.delivered),
        patrol=patrol,
        eta_s=None if alert.owner is None else alert.owner.eta_s,
        cancel_requested=alert.cancel_requested_at_ms is not None,
        outcome=alert.outcome,
        discreet=press.kind is Kind.SILENT,
        text=receipt_text(alert, stage, patrol, reached_anyone),
    )


def stage_of(alert: Alert) -> Stage:
    """Return how far the call for help has got."""
    found = _STAGE_OF.get(alert.state)
    return found or (Stage.DELIVERED if alert.delivered else Stage.RECEIVED)


def place_view(place: Place) -> messages.PlaceView:
    """Show where a signal comes from, and how sure that is."""
    location = place.location
    return messages.PlaceView(
        lat=place.lat,
        lon=place.lon,
        accuracy_m=place.accuracy_m,
        age_s=place.age_s,
        address=place.address,
        found_by=location.found_by,
        border_m=None if location.border_m is None else round(location.border_m, 1),
        border_exact=location.border_exact,
        runner_up=location.runner_up,
    )


def sender_view(registry: Registry, device_id: str) -> messages.SenderView:
    """Show who pressed. False alarms mark the person, or a device that is nobody's."""
    device = registry.devices.get(device_id)
    person = registry.people.get((device.person_id or "") if device else "")
    false_alarms = person.false_alarms if person else device.false_alarms if device else 0
    return messages.SenderView(
        device_id=device_id,
        role=device.role if device else Role.APP,
        name=person.name if person else device.name if device else "",
        phone=person.phone if person else "",
        false_alarms=false_alarms,
        doubtful=false_alarms >= DOUBTFUL_FROM_FALSE_ALARMS,
    )


def quadrant_view(edition: Edition, code: str | None) -> messages.QuadrantView | None:
    """Show a quadrant of an edition."""
    quadrant = edition.by_code.get(code or "")
    if quadrant is None:
        return None
    return messages.QuadrantView(
        code=quadrant.code,
        name=quadrant.name,
        station=quadrant.station,
        cai=quadrant.cai,
        phone=quadrant.phone,
    )


def _front_view(registry: Registry, front_id: str | None) -> messages.FrontView | None:
    front = registry.fronts.get(front_id or "")
    if front is None:
        return None
    coordinator = registry.people.get(front.coordinator_id or "")
    return messages.FrontView(
        front_id=front.front_id,
        name=front.name,
        barrio=front.barrio,
        coordinator=coordinator.name if coordinator else "",
        coordinator_phone=coordinator.phone if coordinator else "",
        sirens=front.sirens,
        cameras=front.cameras,
        buttons=front.buttons,
    )


def _owner_view(registry: Registry, alert: Alert) -> messages.OwnerView | None:
    owner = alert.owner
    if owner is None:
        return None
    device = registry.devices.get(owner.device_id)
    return messages.OwnerView(
        device_id=owner.device_id,
        name=_name(registry, owner.device_id),
        quadrant=device.quadrant if device else None,
        eta_s=owner.eta_s,
        arrival_overdue=owner.overdue,
    )


def _siren_views(alert: Alert, registry: Registry, now: Moment) -> tuple[messages.SirenView, ...]:
    return tuple(
        messages.SirenView(
            device_id=siren_id,
            name=_name(registry, siren_id),
            state=sounding.state,
            until_ms=_wall_ms(sounding.until_s, now) if sounding.state in _HEARD else None,
        )
        for siren_id, sounding in alert.sirens.items()
    )


def _picture_views(
    alert: Alert, registry: Registry, now: Moment, key: bytes
) -> tuple[messages.PictureView, ...]:
    until_s = now.wall_ms // 1000 + PICTURE_PATH_HOLDS_S
    return tuple(
        messages.PictureView(
            picture_id=picture.picture_id,
            device_id=picture.camera_id,
            camera=_name(registry, picture.camera_id),
            taken_at_ms=picture.taken_at_ms,
            path=picture_path(picture.picture_id, until_s, key) if key else "",
        )
        for picture in alert.pictures
    )


def _wall_ms(at_s: float | None, now: Moment) -> int | None:
    """Say a monotonic time by the wall clock; one that is past is now."""
    return None if at_s is None else now.wall_ms + max(0, round((at_s - now.mono_s) * 1000))


def _report(registry: Registry, folded: Folded) -> messages.Report:
    press = folded.press
    return messages.Report(
        signal_id=press.signal_id,
        verdict=press.verdict,
        kind=press.kind,
        sender=sender_view(registry, press.device_id),
        place=place_view(folded.place),
        received_at_ms=folded.received_at_ms,
    )


def _name(registry: Registry, device_id: str) -> str:
    device = registry.devices.get(device_id)
    return device.name if device else device_id

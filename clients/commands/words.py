"""What neighbours and police read about a signal or an alert: Spanish, and English beside it."""

import time
from types import MappingProxyType
from typing import Final

from protocol.messages import (
    Alert,
    LateStage,
    OwnerView,
    PlaceView,
    QuadrantView,
    Report,
    SirenView,
    Text,
)
from protocol.vocabulary import AlertState, FoundBy, Kind, Outcome, SirenState, Urgency

KIND: Final = MappingProxyType(
    {
        Kind.PANIC: Text("PÁNICO", "PANIC"),
        Kind.SILENT: Text("SILENCIOSA", "SILENT"),
        Kind.MEDICAL: Text("MÉDICA", "MEDICAL"),
        Kind.FIRE: Text("INCENDIO", "FIRE"),
        Kind.INTRUSION: Text("INTRUSIÓN", "INTRUSION"),
        Kind.TEST: Text("PRUEBA", "TEST"),
    }
)
STATE: Final = MappingProxyType(
    {
        AlertState.RAISED: Text("sin enviar", "raised"),
        AlertState.DISPATCHED: Text("sin responder", "dispatched"),
        AlertState.ACCEPTED: Text("aceptada", "accepted"),
        AlertState.ON_SCENE: Text("en el sitio", "on scene"),
        AlertState.CLOSED: Text("cerrada", "closed"),
    }
)
URGENCY: Final = MappingProxyType(
    {
        Urgency.LOW: Text("urgencia baja", "low"),
        Urgency.NORMAL: Text("urgencia normal", "normal"),
        Urgency.HIGH: Text("urgencia alta", "high"),
        Urgency.CRITICAL: Text("urgencia crítica", "critical"),
    }
)
OUTCOME: Final = MappingProxyType(
    {
        Outcome.REAL: Text("real", "real"),
        Outcome.FALSE_ALARM: Text("falsa alarma", "false alarm"),
        Outcome.UNFOUNDED: Text("sin fundamento", "unfounded"),
        Outcome.CANCELLED: Text("cancelada", "cancelled"),
        Outcome.DUPLICATE: Text("repetida", "duplicate"),
        Outcome.TEST: Text("prueba", "test"),
    }
)
FOUND_BY: Final = MappingProxyType(
    {
        FoundBy.INSIDE: Text("dentro del cuadrante", "inside the quadrant"),
        FoundBy.TIE: Text("sobre el borde", "on the border"),
        FoundBy.NEAREST: Text("el cuadrante más cercano", "the nearest quadrant"),
        FoundBy.REGISTERED: Text("lugar registrado", "registered place"),
        FoundBy.LAST_KNOWN: Text("última posición conocida", "last known position"),
        FoundBy.FRONT: Text("lugar del frente", "the front's place"),
        FoundBy.NONE: Text("lugar desconocido", "place unknown"),
    }
)
SIREN: Final = MappingProxyType(
    {
        SirenState.ASKED: Text("se le pidió sonar", "asked to sound"),
        SirenState.SOUNDING: Text("SUENA", "sounds"),
        SirenState.SILENT: Text("en silencio", "silent"),
        SirenState.FAILED: Text("no suena: falla", "does not sound: failure"),
        SirenState.UNREACHABLE: Text("no responde", "does not answer"),
    }
)
STORED: Final = Text("Guardada.", "Stored.")
"""Of a press that survives whatever happens to the server."""


def headline(alert: Alert) -> Text:
    """Say in one line what an alert is and how far its answer has got."""
    parts = [KIND[alert.kind], STATE[alert.state]]
    if alert.outcome is not None:
        parts.append(OUTCOME[alert.outcome])
    elif alert.owner is not None:
        parts.append(_owner(alert.owner, is_there=alert.state is AlertState.ON_SCENE))
    parts += [URGENCY[alert.urgency], Text(f"v{alert.version}", f"v{alert.version}")]
    return _joined(parts, ", ")


def details(alert: Alert) -> list[Text]:
    """Say where, who and what is around: what a patrol needs before it sets out."""
    lines = [_where(alert.place), _quadrant(alert.quadrant), _sender(alert)]
    if alert.front is not None:
        kit = alert.front
        lines.append(
            Text(
                f"Frente {kit.name} ({kit.barrio}): {kit.sirens} sirena(s), {kit.cameras} "
                f"cámara(s), {kit.buttons} botón(es); coordina {kit.coordinator}"
                f"{_phone(kit.coordinator_phone)}",
                "front and its kit",
            )
        )
    return [*lines, *(_report(report) for report in alert.reports)]


def of_kit(alert: Alert) -> list[Text]:
    """Say what the front's sirens do, and what its cameras have seen."""
    lines = [_siren(siren) for siren in alert.sirens]
    if alert.pictures:
        seen = ", ".join(f"{each.camera} {_clock(each.taken_at_ms)}" for each in alert.pictures)
        count = len(alert.pictures)
        lines.append(Text(f"{count} imagen(es): {seen}", f"{count} picture(s)"))
    return lines


def warnings(alert: Alert) -> list[Text]:
    """Say what has gone wrong with an alert, or needs a decision."""
    lines = [_late(late) for late in alert.late]
    if alert.cancel_requested_at_ms is not None and alert.outcome is None:
        lines.append(
            Text(
                "Quien llamó pide cancelar. Verifique: puede ser bajo amenaza.",
                "The sender asks to cancel. Check: it may be duress.",
            )
        )
    return lines


def _siren(siren: SirenView) -> Text:
    word = SIREN[siren.state]
    if siren.state is not SirenState.SOUNDING or siren.until_ms is None:
        return Text(f"{siren.name}: {word.es}", f"siren {word.en}")
    until = _clock(siren.until_ms)
    return Text(f"{siren.name}: {word.es} hasta las {until}", f"siren {word.en} until {until}")


def _clock(at_ms: int) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at_ms / 1000))


def _where(place: PlaceView) -> Text:
    found = FOUND_BY[place.found_by]
    es, en = [place.address] if place.address else [], []
    if place.lat is not None and place.lon is not None:
        es.append(f"{place.lat:.5f}, {place.lon:.5f}")
    if place.accuracy_m is not None:
        es.append(f"±{place.accuracy_m:.0f} m")
    if place.age_s is not None:
        es.append(f"hace {place.age_s:.0f} s")
    es.append(found.es)
    en.append(found.en)
    if place.border_m is not None:
        least = "" if place.border_exact else "≥ "
        es.append(f"a {least}{place.border_m:.0f} m del borde")
        en.append(f"{least}{place.border_m:.0f} m to the border")
    if place.runner_up is not None:
        es.append(f"si no, {place.runner_up}")
        en.append(f"else {place.runner_up}")
    return Text("Lugar: " + "; ".join(es), ", ".join(en))


def _quadrant(quadrant: QuadrantView | None) -> Text:
    if quadrant is None:
        return Text("Sin cuadrante: la sala de control decide.", "no quadrant: control room")
    return Text(
        f"{quadrant.name} ({quadrant.code}), estación {quadrant.station}, CAI {quadrant.cai}"
        f"{_phone(quadrant.phone)}",
        "quadrant",
    )


def _sender(alert: Alert) -> Text:
    sender = alert.sender
    if not sender.doubtful:
        return Text(f"Llama {sender.name}{_phone(sender.phone)}", "sender")
    return Text(
        f"Llama {sender.name}{_phone(sender.phone)}; {sender.false_alarms} falsas alarmas antes",
        f"sender; {sender.false_alarms} false alarms before",
    )


def _report(report: Report) -> Text:
    kind, place = KIND[report.kind], _where(report.place)
    return Text(
        f"También {report.sender.name}{_phone(report.sender.phone)}: {kind.es}. {place.es}",
        f"also: {kind.en}, {place.en}",
    )


def _phone(number: str) -> str:
    return f", tel. {number}" if number else ""


def _owner(owner: OwnerView, *, is_there: bool) -> Text:
    late = Text(", demorada", ", late") if owner.arrival_overdue else Text("", "")
    if owner.eta_s is None or is_there:
        return Text(f"patrulla {owner.name}{late.es}", f"patrol{late.en}")
    minutes = max(1, round(owner.eta_s / 60))
    return Text(
        f"patrulla {owner.name} en {minutes} min{late.es}", f"patrol {minutes} min{late.en}"
    )


def _late(late: LateStage) -> Text:
    took_s, budget_s = late.took_ms / 1000, late.budget_ms / 1000
    return Text(
        f"Tarde: «{late.stage}» tomó {took_s:.1f} s (meta {budget_s:.1f} s)",
        f"late: {took_s:.1f} s of {budget_s:.1f} s",
    )


def _joined(parts: list[Text], sign: str) -> Text:
    return Text(sign.join(part.es for part in parts), sign.join(part.en for part in parts))

"""What people are told, in Spanish (es-CO) with English beside it. Every sentence stands here."""

from types import MappingProxyType
from typing import Final

from dispatch.core.alert import Alert
from protocol.messages import Text
from protocol.vocabulary import (
    ErrorCode,
    Kind,
    NoticeCode,
    Outcome,
    Reach,
    SirenState,
    Stage,
    TroubleKind,
)

OUTCOME: Final = MappingProxyType(
    {
        Outcome.REAL: Text("atendida", "attended"),
        Outcome.FALSE_ALARM: Text("falsa alarma", "false alarm"),
        Outcome.UNFOUNDED: Text("sin novedad", "nothing found"),
        Outcome.CANCELLED: Text("cancelada", "cancelled"),
        Outcome.DUPLICATE: Text("repetida", "duplicate"),
        Outcome.TEST: Text("prueba", "test"),
    }
)

RECEIVED: Final = MappingProxyType(
    {
        Reach.ON_DUTY: Text(
            "Recibida. Avisamos a la patrulla de su cuadrante.",
            "Received. Your quadrant's patrol has been alerted.",
        ),
        Reach.NONE_CONNECTED: Text(
            "Recibida. Su cuadrante no tiene patrulla conectada; avisamos a quienes lo están en "
            "los cuadrantes vecinos y en la sala de control. Si puede, llame al 123.",
            "Received. No patrol of your quadrant is connected; whoever is, in the neighbouring "
            "quadrants and the control room, has been alerted. If you can, call 123.",
        ),
        Reach.NO_QUADRANT: Text(
            "Recibida. No sabemos en qué cuadrante está; avisamos a la sala de control. "
            "Si puede, llame al 123.",
            "Received. We do not know which quadrant you are in; the control room has been "
            "alerted. If you can, call 123.",
        ),
    }
)

TRIED: Final = MappingProxyType(
    {
        Reach.ON_DUTY: Text(
            "Prueba recibida. La patrulla de su cuadrante está conectada.",
            "Test received. Your quadrant's patrol is connected.",
        ),
        Reach.NONE_CONNECTED: Text(
            "Prueba recibida. Su cuadrante no tiene patrulla conectada en este momento.",
            "Test received. No patrol of your quadrant is connected at the moment.",
        ),
        Reach.NO_QUADRANT: Text(
            "Prueba recibida. No sabemos en qué cuadrante está; avise a su coordinador.",
            "Test received. We do not know which quadrant you are in; tell your coordinator.",
        ),
    }
)
"""A drill calls nobody further, and its sender is not sent to 123."""

NOBODY: Final = Text(
    "Recibida, pero nadie está conectado para atenderla todavía. Llame al 123.",
    "Received, but nobody is connected to answer it yet. Call 123.",
)
"""The truth when not one device was there to be told."""

NOTICE: Final = MappingProxyType(
    {
        NoticeCode.SYNCED: Text("Al día.", "Up to date."),
        NoticeCode.DRAINING: Text(
            "El servidor se reinicia; la conexión vuelve enseguida.",
            "The server is restarting; the connection will be back at once.",
        ),
        NoticeCode.TROUBLES: Text(
            "Fallas abiertas en los equipos; se muestran las más recientes.",
            "Open troubles of the kit; the newest are shown.",
        ),
    }
)

TROUBLE: Final = MappingProxyType(
    {
        TroubleKind.MISSING: Text("no da señales de vida", "is not heard from"),
        TroubleKind.LOW_BATTERY: Text("tiene la batería baja", "is low on battery"),
        TroubleKind.MAINS_LOST: Text("está sin corriente", "has no mains power"),
        TroubleKind.TAMPER: Text("fue abierto o movido", "was opened or moved"),
        TroubleKind.FAULT: Text("tiene una falla", "has a fault"),
        TroubleKind.SELF_TEST_DUE: Text("lleva una semana sin prueba", "was not tested for a week"),
    }
)

NEVER_HEARD: Final = Text("nunca ha dado señales de vida", "was never heard from")

MENDED: Final = MappingProxyType(
    {
        TroubleKind.MISSING: Text("da señales otra vez", "is heard from again"),
        TroubleKind.LOW_BATTERY: Text("tiene batería otra vez", "has battery again"),
        TroubleKind.MAINS_LOST: Text("tiene corriente otra vez", "has mains power again"),
        TroubleKind.TAMPER: Text("está cerrado otra vez", "is closed again"),
        TroubleKind.FAULT: Text("funciona otra vez", "works again"),
        TroubleKind.SELF_TEST_DUE: Text("fue probado", "was tested"),
    }
)

ERROR: Final = MappingProxyType(
    {
        ErrorCode.BAD_JSON: Text("El mensaje no es JSON válido.", "The frame is not valid JSON."),
        ErrorCode.BAD_FIELD: Text(
            "Un campo del mensaje no es válido.", "A field of the frame is not valid."
        ),
        ErrorCode.UNKNOWN_TYPE: Text("Tipo de mensaje desconocido.", "Unknown type of frame."),
        ErrorCode.NOT_GREETED: Text(
            "Primero debe identificarse con «hello».", "Say `hello` before anything else."
        ),
        ErrorCode.ALREADY_GREETED: Text("Ya se identificó.", "This connection is greeted already."),
        ErrorCode.ENROLMENT_REFUSED: Text(
            "El código no es válido, ya se usó o venció. Pida otro a su coordinador.",
            "The code is wrong, spent or expired. Ask your coordinator for another.",
        ),
        ErrorCode.UNAVAILABLE: Text(
            "No es posible en este momento; intente de nuevo.", "Not possible now; try again."
        ),
        ErrorCode.NOT_ALLOWED: Text(
            "Este dispositivo no puede hacer eso.", "This device may not do that."
        ),
        ErrorCode.UNKNOWN_ALERT: Text("No hay tal alerta.", "There is no such alert."),
        ErrorCode.SIGNAL_ID_CONFLICT: Text(
            "Ese identificador ya es de otro dispositivo; use uno nuevo.",
            "That id belongs to another device's signal; use a new one.",
        ),
        ErrorCode.UNKNOWN_FRONT: Text("No hay tal frente.", "There is no such front."),
        ErrorCode.MESSAGE_ID_CONFLICT: Text(
            "Ese identificador ya es de otro mensaje; use uno nuevo.",
            "That id belongs to another message; use a new one.",
        ),
        ErrorCode.TOO_SOON: Text(
            "Demasiados mensajes seguidos; espere un momento.",
            "Too many messages in a row; wait a moment.",
        ),
        ErrorCode.OFF_DUTY: Text("Está fuera de servicio.", "You are off duty."),
        ErrorCode.NOT_ON_CALL: Text(
            "Esa patrulla no está conectada y en servicio.",
            "That patrol is not connected and on duty.",
        ),
        ErrorCode.ALREADY_OWNED: Text(
            "Otra patrulla ya la aceptó.", "Another patrol has accepted it."
        ),
        ErrorCode.NOT_OWNER: Text(
            "Solo la patrulla que la aceptó puede hacerlo.",
            "Only the patrol that accepted it may do that.",
        ),
        ErrorCode.ALREADY_CLOSED: Text("La alerta ya está cerrada.", "The alert is closed."),
        ErrorCode.UNABLE_TO_STORE: Text(
            "Avisamos a la patrulla, pero aún no pudimos guardar la señal; se reintenta.",
            "The patrol was alerted, but the signal could not be stored yet; it is tried again.",
        ),
        ErrorCode.OVERLOADED: Text(
            "El sistema está al límite y no pudo recibir la señal. Llame al 123.",
            "The system is at its limit and could not take the signal. Call 123.",
        ),
    }
)


def receipt_text(alert: Alert, stage: Stage, patrol: str | None, reached_anyone: bool) -> Text:
    """Say truthfully how far the call for help has got."""
    match stage:
        case Stage.RECEIVED:
            if alert.kind is Kind.TEST:
                return TRIED[alert.reach]
            return RECEIVED[alert.reach] if reached_anyone else NOBODY
        case Stage.DELIVERED:
            return _delivered(len(alert.delivered))
        case Stage.ACCEPTED:
            return _accepted(alert, patrol or "")
        case Stage.ON_SCENE:
            return Text(f"{patrol} llegó al sitio.", f"{patrol} is on the scene.")
        case Stage.CLOSED:
            outcome = OUTCOME[alert.outcome or Outcome.REAL]
            return Text(f"Cerrada: {outcome.es}.", f"Closed: {outcome.en}.")


def trouble_text(
    kind: TroubleKind, device: str, front: str, *, is_over: bool, is_unknown: bool = False
) -> Text:
    """Say what is wrong with which part of the kit, or that it is right again.

    Unknown is what was never heard from: how it was put up, or wired, is to be looked at.
    """
    said = (MENDED if is_over else TROUBLE)[kind]
    if kind is TroubleKind.MISSING and is_unknown and not is_over:
        said = NEVER_HEARD
    where = f" ({front})" if front else ""
    return Text(f"{device}{where} {said.es}.", f"{device}{where} {said.en}.")


def _delivered(count: int) -> Text:
    one = count == 1
    es = "patrulla la vio" if one else "patrullas la vieron"
    en = "handheld shows" if one else "handhelds show"
    return Text(
        f"Entregada: {count} {es}. Espere confirmación.",
        f"Delivered: {count} {en} it. Wait for a confirmation.",
    )


def _accepted(alert: Alert, patrol: str) -> Text:
    owner = alert.owner
    if owner is not None and owner.overdue:
        return Text(
            f"{patrol} aceptó pero está demorada; la sala de control ya lo sabe.",
            f"{patrol} accepted but is late; the control room knows.",
        )
    if owner is None or owner.eta_s is None:
        return Text(
            f"Aceptada por {patrol}; va en camino.",
            f"Accepted by {patrol}; it is on its way.",
        )
    minutes = max(1, round(owner.eta_s / 60))
    return Text(
        f"Aceptada por {patrol}; llega en unos {minutes} min.",
        f"Accepted by {patrol}; about {minutes} min away.",
    )


def siren_text(siren: str, state: SirenState, by: str, kind: Kind) -> Text:
    """Say to the members of a front why their siren sounds, or that it does not any more."""
    if state is not SirenState.SOUNDING:
        return Text(f"{siren}: en silencio.", f"{siren}: silent.")
    if kind is Kind.TEST:
        return Text(f"{siren}: prueba de {by}.", f"{siren}: tested by {by}.")
    return Text(f"{siren} suena: la activó {by}.", f"{siren} sounds: set off by {by}.")

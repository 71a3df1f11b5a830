"""What Apple reads: headers, and the few words that the telephone shows before the app is asked.

("Sending notification requests to APNs", "Generating a remote notification".) They say that there
is an alert, and which: neither who calls nor where. The app fetches that over its own session.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from aioapns import PRIORITY_HIGH, PRIORITY_NORMAL, NotificationRequest, PushType

from dispatch.push.orders import Order
from protocol.vocabulary import Stage, Urgency

ALERT: Final = {
    "title": "Alerta en su cuadrante",
    "body": "Abra para verla · Alert in your quadrant: open it",
}
DRILL: Final = {"title": "Simulacro en su cuadrante", "body": "Drill in your quadrant"}
NEWS: Final[Mapping[Stage, Mapping[str, str]]] = MappingProxyType(
    {
        Stage.ACCEPTED: {
            "title": "Una patrulla acude a su llamado",
            "body": "A patrol is coming to your call for help",
        },
        Stage.ON_SCENE: {
            "title": "La patrulla llegó al sitio",
            "body": "The patrol is on the scene",
        },
        Stage.CLOSED: {
            "title": "Su llamado se cerró",
            "body": "Your call for help was closed",
        },
    }
)
NOBODY: Final = {
    "title": "Buscamos otra patrulla para su llamado",
    "body": "We are looking for another patrol for your call for help",
}
LOUD: Final = {"critical": 1, "name": "default", "volume": 1.0}
"""Sounds on a silenced telephone, too. Only for apps that Apple has allowed it."""


def notification(order: Order, topic: str, now_s: float, *, critical: bool) -> NotificationRequest:
    """Write one. A later one for the same alert takes its place on the telephone."""
    is_drill = order.urgency is Urgency.LOW
    return NotificationRequest(
        device_token=order.target.endpoint,
        message={"aps": _shown(order, critical=critical), **order.said},
        time_to_live=max(1, round(order.expires_at_s - now_s)),
        priority=int(PRIORITY_NORMAL if is_drill else PRIORITY_HIGH),
        collapse_key=order.alert_id,
        push_type=PushType.ALERT,
        apns_topic=topic,
    )


def _shown(order: Order, *, critical: bool) -> dict[str, Any]:
    if order.stage is not None:
        return {"alert": NEWS.get(order.stage, NOBODY), "sound": "default"}
    if order.urgency is Urgency.LOW:
        return {"alert": DRILL}
    if critical:
        return {"alert": ALERT, "sound": LOUD, "interruption-level": "critical"}
    return {"alert": ALERT, "sound": "default", "interruption-level": "time-sensitive"}

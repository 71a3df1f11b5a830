"""Orders as tests write them."""

from dispatch.push.orders import Order
from protocol.messages import PushTarget
from protocol.vocabulary import PushKind, Urgency
from tests.core.town import signal_id

SOON_S = 1e9


def order(
    alert: int = 1,
    endpoint: str = "https://localhost/1",
    *,
    expires_at_s: float = SOON_S,
    target: PushTarget | None = None,
    urgency: Urgency = Urgency.NORMAL,
) -> Order:
    chosen = target or PushTarget(PushKind.WEBPUSH, endpoint, "p" * 87, "a" * 22)
    return Order(signal_id(alert), "patrol-1", urgency, chosen, expires_at_s)

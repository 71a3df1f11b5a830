"""One push: what the push side is told, and its place on the record."""

from dispatch.core.alert import Alert
from dispatch.core.city import City
from dispatch.core.effects import Effect, Record, Send
from dispatch.core.facts import Fact, FactKind
from dispatch.core.limits import NEWS_TTL_S, PUSH_TTL_S
from dispatch.core.moment import Moment
from protocol.messages import Push
from protocol.vocabulary import Stage


def wake(
    city: City,
    alert: Alert,
    device_id: str,
    pusher: str,
    why: str,
    now: Moment,
    *,
    stage: Stage | None = None,
) -> list[Effect]:
    """Have a device woken for an alert: to answer it, or, with a stage, to hear how far it got."""
    order = Push(
        alert_id=alert.alert_id,
        device_id=device_id,
        urgency=alert.urgency,
        ttl_s=PUSH_TTL_S if stage is None else NEWS_TTL_S,
        targets=city.registry.devices[device_id].push,
        stage=stage,
    )
    fact = Fact(FactKind.PUSHED, now.wall_ms, why, device_id, alert.alert_id)
    return [Send((pusher,), order), Record(fact)]

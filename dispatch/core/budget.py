"""Stage times against their latency budgets."""

from dispatch.core.alert import Alert
from dispatch.core.limits import BUDGET_MS

_FROM = {
    "received": "pressed_at_ms",
    "sent": "received_at_ms",
    "delivered": "sent_at_ms",
    "accepted": "received_at_ms",
    "arrived": "accepted_at_ms",
}
_AT = {stage: f"{stage}_at_ms" for stage in _FROM}


def reach_stage(alert: Alert, stage: str, at_ms: int) -> int | None:
    """Note when a stage was reached for the first time, and whether it broke its budget.

    Returns the milliseconds that it took, or None if it was reached before, or if that is unknown
    (no time of the stage before, or a device's clock that runs ahead of ours).
    """
    stages, field = alert.stages, _AT[stage]
    if getattr(stages, field) is not None:
        return None
    setattr(stages, field, at_ms)
    before_ms = getattr(stages, _FROM[stage])
    if before_ms is None or before_ms > at_ms:
        return None
    took_ms: int = at_ms - before_ms
    if took_ms > BUDGET_MS[stage]:
        alert.late[stage] = took_ms
    return took_ms


def forget_stages(alert: Alert, *stages: str) -> None:
    """Take back stages that are no longer true: whoever had accepted does not come."""
    for stage in stages:
        setattr(alert.stages, f"{stage}_at_ms", None)
        alert.late.pop(stage, None)

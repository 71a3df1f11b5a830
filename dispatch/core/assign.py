"""Who must answer an alert, from where it is and who is on duty."""

from itertools import islice

from dispatch.core.alert import Alert
from dispatch.core.presence import Presence
from protocol.limits import NEIGHBOUR_QUADRANTS_MAX, SECONDARY_QUADRANTS_MAX
from protocol.vocabulary import Kind, Reach


def assign(alert: Alert, presence: Presence, was_told: tuple[str, ...] = ()) -> None:
    """Decide who is told of an alert that is new, has moved or has lost its owner.

    Its quadrant, and those that the accuracy circle reaches. Where none of the quadrant's handhelds
    can be called and nobody answers yet, its neighbours and the control room at once; where there
    is no quadrant, the control room. A drill calls nobody beyond its own quadrant. Whoever was told
    already stays told.
    """
    quadrant, is_drill = alert.quadrant, alert.kind is Kind.TEST
    alert.reach = _reach(quadrant, presence)
    alert.secondary = () if is_drill else alert.place.location.reached[:SECONDARY_QUADRANTS_MAX]
    calls_further = alert.reach is not Reach.ON_DUTY and alert.owner is None and not is_drill
    alert.control_room |= calls_further
    alert.neighbours = _further(alert, was_told + alert.around if calls_further else was_told)


def widen(alert: Alert) -> None:
    """Tell the neighbours of an unanswered alert's quadrant, and call the control room."""
    alert.neighbours = _further(alert, alert.neighbours + alert.around)
    alert.control_room = True


def _reach(quadrant: str | None, presence: Presence) -> Reach:
    if quadrant is None:
        return Reach.NO_QUADRANT
    return Reach.ON_DUTY if presence.has_patrol(quadrant) else Reach.NONE_CONNECTED


def _further(alert: Alert, codes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the quadrants that are told as neighbours: each once, bounded, the first ones."""
    told = (alert.quadrant, *alert.secondary)
    more = (code for code in dict.fromkeys(codes) if code not in told)
    return tuple(islice(more, NEIGHBOUR_QUADRANTS_MAX))

"""Who must answer an alert, from where it is and who is on duty."""

from dataclasses import dataclass
from itertools import islice

from dispatch.core.alert import Alert
from dispatch.core.locate import Location
from dispatch.core.presence import Presence
from protocol.limits import NEIGHBOUR_QUADRANTS_MAX, SECONDARY_QUADRANTS_MAX
from protocol.vocabulary import Reach


@dataclass(frozen=True, slots=True)
class Assignment:
    """The quadrants told beside the alert's own, whether the control room is called, and why."""

    reach: Reach
    secondary: tuple[str, ...] = ()
    neighbours: tuple[str, ...] = ()
    control_room: bool = False


def assign(
    location: Location, around: tuple[str, ...], presence: Presence, *, drill: bool
) -> Assignment:
    """Decide who is told of a new alert, `around` being its quadrant's neighbours.

    Its quadrant, and those that the accuracy circle reaches. Where none of the quadrant's handhelds
    can be called, its neighbours and the control room at once; where there is no quadrant, the
    control room. A drill calls nobody beyond its own quadrant.
    """
    quadrant = location.quadrant
    if quadrant is None:
        return Assignment(Reach.NO_QUADRANT, control_room=not drill)
    secondary = () if drill else location.reached[:SECONDARY_QUADRANTS_MAX]
    if presence.has_patrol(quadrant):
        return Assignment(Reach.ON_DUTY, secondary)
    if drill:
        return Assignment(Reach.NONE_CONNECTED)
    neighbours = _further(around, (quadrant, *secondary))
    return Assignment(Reach.NONE_CONNECTED, secondary, neighbours, control_room=True)


def widen(alert: Alert) -> tuple[str, ...]:
    """Return the quadrants that an unanswered alert is widened to: whoever was told stays told."""
    return _further((*alert.neighbours, *alert.around), (alert.quadrant, *alert.secondary))


def _further(codes: tuple[str, ...], told: tuple[str | None, ...]) -> tuple[str, ...]:
    """Return those quadrants that were not told yet, each once, bounded."""
    more = (code for code in dict.fromkeys(codes) if code not in told)
    return tuple(islice(more, NEIGHBOUR_QUADRANTS_MAX))

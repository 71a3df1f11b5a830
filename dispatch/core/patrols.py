"""Where the patrols are, and which of them can be called: for the control room.

No press waits for any of it, and nothing of it is kept: after a restart patrols say it anew.
"""

from dispatch.core.city import City
from dispatch.core.effects import Effect, Send
from dispatch.core.limits import PATROL_TOLD_EVERY_S
from dispatch.core.moment import Moment
from dispatch.core.registry import Device
from protocol.messages import Patrol
from protocol.vocabulary import Role


def moved(city: City, device: Device, now: Moment) -> list[Effect]:
    """A patrol said where it is: the control room sees it, at its pace."""
    if not city.presence.is_here(device.device_id):
        return []
    told_s = city.patrols_told_s.get(device.device_id, float("-inf"))
    if now.mono_s - told_s < PATROL_TOLD_EVERY_S:
        return []
    city.patrols_told_s[device.device_id] = now.mono_s
    return tell_patrol(city, device, now)


def tell_patrol(city: City, device: Device, now: Moment) -> list[Effect]:
    """A patrol came, went, or is somewhere else now."""
    watching = (*city.presence.operators(), *city.presence.supervisors())
    if device.role is not Role.PATROL or not watching:
        return []
    return [Send(watching, _view(city, device, now))]


def came_or_went(city: City, device: Device, now: Moment) -> list[Effect]:
    """A connection came or went, or its quadrant is another: it matters of those on duty."""
    return tell_patrol(city, device, now) if city.presence.is_on_duty(device.device_id) else []


def show_patrols(city: City, device: Device, now: Moment) -> list[Effect]:
    """Bring a control room up to date: every patrol that can be called."""
    if not city.presence.is_watching(device):
        return []
    patrols = (city.registry.devices[each] for each in city.presence.all_patrols())
    return [Send((device.device_id,), _view(city, patrol, now)) for patrol in patrols]


def _view(city: City, patrol: Device, now: Moment) -> Patrol:
    on_call = city.presence.is_here(patrol.device_id)
    # Where somebody is who is off duty is nobody's business.
    known = city.last_known.get(patrol.device_id) if on_call else None
    return Patrol(
        device_id=patrol.device_id,
        name=patrol.name,
        quadrant=patrol.quadrant,
        on_call=on_call,
        position=None if known is None else known.position,
        at_ms=None if known is None else now.wall_ms - int(1000 * (now.mono_s - known.at_s)),
    )

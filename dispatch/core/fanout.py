"""Which devices are sent an alert, the ones that must answer first."""

from dispatch.core.alert import Alert
from dispatch.core.presence import Presence
from dispatch.core.registry import Device
from protocol.vocabulary import Role


def audience(alert: Alert, presence: Presence) -> tuple[str, ...]:
    """Return every connected, on-duty device that may see the alert, in order of concern.

    Handhelds of the alert's own quadrant, then those it reaches, then those it was widened to, then
    the control room, which watches everything and is *called* only when the alert says so.
    """
    handhelds = [device for code in alert.quadrants for device in presence.patrols(code)]
    owner = alert.owner
    # A patrol that was moved to another quadrant meanwhile still answers what it accepted.
    if owner is not None and owner.device_id not in handhelds and presence.is_here(owner.device_id):
        handhelds.append(owner.device_id)
    return (*handhelds, *presence.operators(), *presence.supervisors())


def called(alert: Alert, presence: Presence) -> tuple[str, ...]:
    """Return the part of the audience that is rung: all handhelds, and the rest once called."""
    rung = tuple(device for code in alert.quadrants for device in presence.patrols(code))
    if alert.control_room:
        rung += presence.operators()
    if alert.supervisors:
        rung += presence.supervisors()
    return rung


def concerns(alert: Alert, device: Device) -> bool:
    """Say whether a device may see this alert as an alert (senders see receipts instead)."""
    if device.role in (Role.OPERATOR, Role.SUPERVISOR, Role.CONSOLE):
        return True
    if device.role is not Role.PATROL:
        return False
    if alert.owner is not None and alert.owner.device_id == device.device_id:
        return True
    return device.quadrant in alert.quadrants

"""The cameras of a front: their gateways are asked to look, and what they saw is shown.

Asked once an alert is on its way, and again when a gateway comes back and pictures are missing: for
a gateway that has them, that means to say so again.
"""

from collections import Counter

from dispatch.core.alert import Alert, Picture
from dispatch.core.authorise import Denial
from dispatch.core.city import City
from dispatch.core.effects import Effect, Send
from dispatch.core.facts import FactKind
from dispatch.core.limits import LOOK_HOLDS_S, LOOKS_REPEATED_MAX, PICTURES_PER_CAMERA
from dispatch.core.moment import Moment
from dispatch.core.registry import Device
from dispatch.core.tell import deny, note, tell_soon
from protocol import messages
from protocol.messages import Command
from protocol.vocabulary import Action, Role


def look(city: City, alert: Alert, *, through: str | None = None) -> list[Effect]:
    """Have the cameras of an alert's front look, as far as their pictures are missing.

    All of them, or those behind one gateway. A camera whose gateway is away is not waited for.
    """
    if alert.front_id is None:
        return []
    seen = Counter(picture.camera_id for picture in alert.pictures)
    effects: list[Effect] = []
    for camera_id in city.registry.of_front(alert.front_id, Role.CAMERA):
        gateway_id = city.registry.devices[camera_id].gateway_id
        if gateway_id is None or gateway_id not in city.presence.session_of:
            continue
        if through in (None, gateway_id) and seen[camera_id] < PICTURES_PER_CAMERA:
            command = Command(action=Action.LOOK, alert_id=alert.alert_id, device_id=camera_id)
            effects.append(Send((gateway_id,), command))
    return effects


def returned(city: City, gateway: Device, now: Moment) -> list[Effect]:
    """A gateway is here again: what its cameras should see of young alerts is asked for again."""
    return [
        effect
        for alert in city.board.newest_open(LOOKS_REPEATED_MAX)
        if now.wall_ms - (alert.stages.received_at_ms or 0) <= LOOK_HOLDS_S * 1000
        for effect in look(city, alert, through=gateway.device_id)
    ]


def picture(city: City, gateway: Device, message: messages.Picture, now: Moment) -> list[Effect]:
    """Show a picture that is safely kept, of a camera of the alert's front, behind this gateway."""
    alert = city.board.alerts.get(message.alert_id)
    denial = _denied(city, gateway, message, alert)
    if denial is not None or alert is None:
        denied = denial or Denial.UNKNOWN_ALERT
        return deny(gateway.device_id, message, denied, now, message.alert_id)
    if any(known.picture_id == message.picture_id for known in alert.pictures):
        return []
    alert.pictures.append(Picture(message.picture_id, message.device_id, message.taken_at_ms))
    city.changed[alert.alert_id] = alert
    told = tell_soon(city, alert, now) if alert.is_open else []
    return [*told, note(FactKind.PICTURE, alert, now, device_id=message.device_id)]


def _denied(
    city: City, gateway: Device, message: messages.Picture, alert: Alert | None
) -> Denial | None:
    camera = city.registry.devices.get(message.device_id)
    if camera is None or camera.revoked or camera.gateway_id != gateway.device_id:
        return Denial.NOT_BEHIND_GATEWAY
    if alert is None:
        return Denial.UNKNOWN_ALERT
    if camera.role is not Role.CAMERA or alert.front_id is None:
        return Denial.NOT_YOUR_ALERT
    if camera.front_id != alert.front_id:
        return Denial.NOT_YOUR_ALERT
    taken = [known for known in alert.pictures if known.camera_id == message.device_id]
    is_known = any(known.picture_id == message.picture_id for known in taken)
    if len(taken) >= PICTURES_PER_CAMERA and not is_known:
        return Denial.ENOUGH_PICTURES
    return None

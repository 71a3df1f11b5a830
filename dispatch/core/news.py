"""What senders whose apps sleep are told by a push: that somebody comes, is there, or was.

It is a courtesy beside the receipts, and counts as nothing. Whoever pressed in silence is told
nothing: a telephone that lights up could give them away. Part of the turn of `push.py`.
"""

from typing import Final

from dispatch.core.alert import Alert, Press
from dispatch.core.city import City
from dispatch.core.effects import Effect
from dispatch.core.moment import Moment
from dispatch.core.view import stage_of
from dispatch.core.wake import wake
from protocol.vocabulary import Kind, Role, Stage

NEWS: Final = "news"
"""Why somebody is pushed to, as it is recorded."""
SOMEBODY_COMES: Final = frozenset({Stage.ACCEPTED, Stage.ON_SCENE, Stage.CLOSED})


def tell_senders(city: City, alert: Alert, pusher: str, now: Moment) -> list[Effect]:
    """Push to senders who are not here, once a stage; if nobody comes any more, that as well."""
    stage = stage_of(alert)
    news = stage if stage in SOMEBODY_COMES else None
    if news == alert.news:
        return []
    alert.news = news
    city.changed[alert.alert_id] = alert
    return [
        effect
        for press in alert.last_press_of.values()
        if _sleeps(city, press)
        for effect in wake(city, alert, press.device_id, pusher, NEWS, now, stage=stage)
    ]


def _sleeps(city: City, press: Press) -> bool:
    device = city.registry.devices.get(press.device_id)
    if device is None or device.revoked or device.role is not Role.APP or not device.push:
        return False
    return press.kind is not Kind.SILENT and press.device_id not in city.presence.session_of

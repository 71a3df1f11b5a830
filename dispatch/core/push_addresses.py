"""How devices are woken: named by themselves, and withdrawn by whoever goes off duty.

So an address of those who go on duty says that they are, and a restart of the server keeps nobody
from being woken. Addresses are kept in PostgreSQL and come back by the registry's feed.
"""

from collections.abc import Container
from dataclasses import replace
from typing import TypeAlias

from dispatch.core.authorise import Denial
from dispatch.core.city import City
from dispatch.core.effects import DropPushAddress, Effect, KeepPushAddress
from dispatch.core.moment import Moment
from dispatch.core.presence import ON_CALL_ROLES
from dispatch.core.registry import Device
from dispatch.core.tell import deny
from protocol.messages import ApnsAddress, FcmAddress, PushAddress, PushGone, PushTarget
from protocol.vocabulary import PushKind

Address: TypeAlias = PushAddress | ApnsAddress | FcmAddress


def address(city: City, device: Device, message: Address, now: Moment) -> list[Effect]:
    """Keep how a device is woken, unless that is known."""
    if device.role in ON_CALL_ROLES and not city.presence.is_on_duty(device.device_id):
        return deny(device.device_id, message, Denial.OFF_DUTY, now)
    target = _target(message)
    if target in device.push:
        return []
    return [KeepPushAddress(device.device_id, target, now.wall_ms, message.ref)]


def _target(message: Address) -> PushTarget:
    match message:
        case ApnsAddress():
            return PushTarget(PushKind.APNS, message.token, topic=message.topic)
        case FcmAddress():
            return PushTarget(PushKind.FCM, message.token)
        case _:
            return PushTarget(PushKind.WEBPUSH, message.endpoint, message.p256dh, message.auth)


def gone(city: City, _: Device, message: PushGone, __: Moment) -> list[Effect]:
    """An address wakes nobody any more, says the push side."""
    device = city.registry.devices.get(message.device_id)
    if device is None:
        return []
    left = tuple(target for target in device.push if target.endpoint != message.endpoint)
    if left == device.push:
        return []
    city.registry.apply(replace(device, push=left))
    return [DropPushAddress(message.device_id, message.endpoint)]


def withdraw(city: City, device: Device) -> None:
    """Whoever goes off duty is not woken any more. PostgreSQL forgets by the record of that."""
    city.registry.apply(replace(device, push=()))


def restored(city: City, off_duty: Container[str] = ()) -> None:
    """Whoever can be woken was on duty before the restart, and is until it says otherwise.

    Some had said otherwise: those who are `off_duty`, of whom PostgreSQL is yet to hear.
    """
    for device_id in tuple(city.registry.all_pushable()):
        device = city.registry.devices[device_id]
        if device.role in ON_CALL_ROLES and device_id in off_duty:
            withdraw(city, device)
        elif device.role in ON_CALL_ROLES:
            city.presence.set_duty(device, True)

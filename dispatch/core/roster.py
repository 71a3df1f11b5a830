"""What a gateway is told of the devices behind it: all after its welcome, then what changes.

Thousands of them go out a slice at a time, so that presses have their turn in between. A change
meanwhile is told at once; the first frame that is `complete` is the one after which whatever was
not named is not there.
"""

from base64 import b64encode
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from dispatch.core.city import City
from dispatch.core.effects import Effect, Send
from dispatch.core.limits import ROSTER_SLICE
from dispatch.core.registry import Device, heartbeat_s
from protocol import MAX_FRAME_BYTES
from protocol.messages import Kit, KitDevice

_FRAME_BYTES: Final = 100
_DEVICE_BYTES: Final = 120
"""What a frame and a device take in it besides what differs from one to another."""


def begin(city: City, gateway_id: str) -> None:
    """A gateway is here: tell it of everything behind it, from the next tick on."""
    city.rosters[gateway_id] = deque(city.registry.behind(gateway_id))


def proceed(city: City) -> list[Effect]:
    """Tell the gateway that has waited longest of a further slice."""
    if not city.rosters:
        return []
    gateway_id = next(iter(city.rosters))
    waiting = city.rosters.pop(gateway_id)
    if gateway_id not in city.presence.session_of:
        return []
    ids = [waiting.popleft() for _ in range(min(ROSTER_SLICE, len(waiting)))]
    if waiting:
        city.rosters[gateway_id] = waiting  # behind whoever else waits
    devices = (city.registry.devices.get(device_id) for device_id in ids)
    behind = [shown(device) for device in devices if device and _is_behind(device, gateway_id)]
    frames = list(_frames(behind)) or [()]
    return [
        Send((gateway_id,), Kit(devices=frame, complete=not waiting and frame is frames[-1]))
        for frame in frames
    ]


def changed(city: City, before: Device | None, after: Device | None) -> list[Effect]:
    """Tell the gateways that are here what a change of the registry means for them."""
    was_behind, is_behind = _gateway_of(before), _gateway_of(after)
    effects: list[Effect] = []
    if was_behind is not None and was_behind != is_behind and before is not None:
        effects += _tell(city, was_behind, Kit(removed=(before.device_id,)))
    if is_behind is not None and after is not None:
        told = shown(after)
        if before is None or was_behind != is_behind or shown(before) != told:
            effects += _tell(city, is_behind, Kit(devices=(told,)))
    return effects


def shown(device: Device) -> KitDevice:
    """Show a device to its gateway."""
    wiring = device.wiring
    return KitDevice(
        device_id=device.device_id,
        role=device.role,
        front_id=device.front_id,
        heartbeat_s=heartbeat_s(device),
        wiring=None if wiring is None else b64encode(wiring).decode(),
    )


def _tell(city: City, gateway_id: str, kit: Kit) -> list[Effect]:
    if gateway_id not in city.presence.session_of:
        return []
    is_complete = gateway_id not in city.rosters
    return [Send((gateway_id,), Kit(kit.devices, kit.removed, is_complete))]


def _gateway_of(device: Device | None) -> str | None:
    return None if device is None or device.revoked else device.gateway_id


def _is_behind(device: Device, gateway_id: str) -> bool:
    return _gateway_of(device) == gateway_id


def _frames(devices: Iterable[KitDevice]) -> Iterator[tuple[KitDevice, ...]]:
    """Fill frames as far as they go."""
    frame: list[KitDevice] = []
    free_bytes = MAX_FRAME_BYTES - _FRAME_BYTES
    for device in devices:
        size = _DEVICE_BYTES + len(device.device_id)
        size += len(device.front_id or "") + len(device.wiring or "")
        if size > free_bytes:
            yield tuple(frame)
            frame, free_bytes = [], MAX_FRAME_BYTES - _FRAME_BYTES
        frame.append(device)
        free_bytes -= size
    if frame:
        yield tuple(frame)

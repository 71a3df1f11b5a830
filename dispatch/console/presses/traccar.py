"""What a Traccar server forwards, as a press: `event.forward.type=json`, `forward.type=json`.

    {"event": {"id": 7, "type": "alarm", "eventTime": "2026-…Z", "attributes": {"alarm": "sos"}},
     "position": {"latitude": 4.65, "longitude": -74.10, "accuracy": 8, "fixTime": "2026-…Z"},
     "device": {"uniqueId": "tracker-7"}}

`uniqueId` is the device's id here. The press is named by what is forwarded, so that the same
forwarded again is the same press. Written after https://www.traccar.org/forward/ and its models.
"""

import hashlib
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from msgspec import Struct

from protocol.messages import DeviceId, Position, Signal
from protocol.uuid7 import ENTROPY_BYTES, uuid7
from protocol.vocabulary import Kind

KINDS: Final = MappingProxyType(
    {
        "sos": Kind.PANIC,
        "general": Kind.PANIC,
        "fallDown": Kind.MEDICAL,
        "accident": Kind.MEDICAL,
        "fire": Kind.FIRE,
    }
)
"""Traccar's alarms that are calls for help; all others are of the vehicle."""


class ForwardedDevice(Struct, frozen=True):
    """Which device it is about."""

    uniqueId: DeviceId  # noqa: N815 - Traccar's word


class ForwardedPosition(Struct, frozen=True, kw_only=True):
    """Where that was."""

    id: int = 0
    latitude: float | None = None
    longitude: float | None = None
    accuracy: float | None = None
    fixTime: datetime | None = None  # noqa: N815
    attributes: dict[str, Any] = {}


class ForwardedEvent(Struct, frozen=True, kw_only=True):
    """What happened."""

    id: int = 0
    type: str = ""
    eventTime: datetime | None = None  # noqa: N815
    attributes: dict[str, Any] = {}


class Forwarded(Struct, frozen=True, kw_only=True):
    """What Traccar forwards: an event with its position, or a position alone."""

    device: ForwardedDevice
    event: ForwardedEvent | None = None
    position: ForwardedPosition | None = None


def alarm_of(forwarded: Forwarded, device_id: str, now_ms: int) -> Signal | None:
    """Return the press that this is. None: it is no call for help."""
    event, position = forwarded.event, forwarded.position
    if event is not None and event.type != "alarm":
        return None
    said = [source.attributes.get("alarm") for source in (event, position) if source is not None]
    # Newer versions write several alarms of one position with commas between them.
    alarms = [alarm for each in said if isinstance(each, str) for alarm in each.split(",")]
    kind = next((KINDS[alarm] for alarm in alarms if alarm in KINDS), None)
    if kind is None:
        return None
    at = event.eventTime if event is not None else position.fixTime if position else None
    at_ms = now_ms if at is None else int(at.timestamp() * 1000)
    number = event.id if event is not None else position.id if position is not None else 0
    name = hashlib.sha256(f"traccar {device_id} {number} {at_ms}".encode()).digest()
    return Signal(
        signal_id=uuid7(at_ms, name[:ENTROPY_BYTES]),
        kind=kind,
        pressed_at_ms=at_ms,
        position=_position(position, now_ms),
        source_device_id=device_id,
    )


def _position(position: ForwardedPosition | None, now_ms: int) -> Position | None:
    if position is None or position.latitude is None or position.longitude is None:
        return None
    if abs(position.latitude) > 90 or abs(position.longitude) > 180:
        return None
    accuracy_m, age_s = position.accuracy or None, None  # Traccar writes 0 for unknown
    if position.fixTime is not None:
        age_s = max(0.0, now_ms / 1000 - position.fixTime.timestamp())
    return Position(position.latitude, position.longitude, accuracy_m, age_s)

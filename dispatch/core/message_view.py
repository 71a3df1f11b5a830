"""Whom a message to a front is for, and how it and its reach are shown and kept."""

from collections.abc import Iterator

from msgspec import Struct

from dispatch.core.city import City
from dispatch.core.message_box import Message
from dispatch.core.registry import Device
from protocol.messages import FrontMessage, MessageReach
from protocol.vocabulary import Role


class MessageRecord(Struct, frozen=True):
    """What the journal tells PostgreSQL of a message."""

    message_id: str
    front_id: str
    alert_id: str | None
    sender_id: str
    by: str
    body: str
    sent_at_ms: int
    until_ms: int
    members: int
    sent_to: int
    shown_by: int


def members(city: City, front_id: str) -> dict[str, None]:
    """The devices of a front that have a screen, or may: apps, and what is on a wall and connects
    by itself. Its coordinator's telephones too, whichever front they are of."""
    registry = city.registry
    apps = dict.fromkeys(registry.of_front(front_id, Role.APP))
    wall = registry.of_front(front_id, Role.BUTTON)
    apps |= dict.fromkeys(each for each in wall if registry.devices[each].gateway_id is None)
    front = registry.fronts.get(front_id)
    if front is not None and front.coordinator_id is not None:
        held = registry.held_by(front.coordinator_id)
        apps |= dict.fromkeys(each for each in held if registry.devices[each].role is Role.APP)
    return apps


def fronts_of(city: City, device: Device) -> Iterator[str]:
    """The fronts that a device hears of as a member: its own, and those its person coordinates."""
    on_its_own = device.role is Role.BUTTON and device.gateway_id is None
    if device.front_id is not None and (device.role is Role.APP or on_its_own):
        yield device.front_id
    if device.person_id is not None and device.role is Role.APP:
        for front_id in city.registry.coordinated_by(device.person_id):
            if front_id != device.front_id:
                yield front_id


def message_view(city: City, message: Message) -> FrontMessage:
    """Show what was said, to whoever it is for."""
    front = city.registry.fronts.get(message.front_id)
    return FrontMessage(
        message_id=message.message_id,
        front_id=message.front_id,
        front=front.name if front else message.front_id,
        alert_id=message.alert_id,
        by=message.by,
        body=message.body,
        sent_at_ms=message.sent_at_ms,
        until_ms=message.until_ms,
    )


def reach_view(city: City, message: Message) -> MessageReach:
    """Show the control room how far it has got."""
    return MessageReach(
        message_id=message.message_id,
        front_id=message.front_id,
        members=len(members(city, message.front_id)),
        sent_to=len(message.sent_to),
        shown_by=message.shown_by,
        stored=message.is_stored,
    )


def record(city: City, message: Message) -> MessageRecord:
    """Show all that is known of it, for those who ask later."""
    return MessageRecord(
        message_id=message.message_id,
        front_id=message.front_id,
        alert_id=message.alert_id,
        sender_id=message.sender_id,
        by=message.by,
        body=message.body,
        sent_at_ms=message.sent_at_ms,
        until_ms=message.until_ms,
        members=len(members(city, message.front_id)),
        sent_to=len(message.sent_to),
        shown_by=message.shown_by,
    )

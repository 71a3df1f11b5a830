"""What the control room says to everyone of a front, and whom it has reached.

Its members are told in a turn of its own, a slice at a time, so that a press never waits for it;
who is away is told when it comes, while that is still of use. A message is idempotent by its id,
and kept by the journal under it.
"""

import re
from collections import deque
from collections.abc import Iterable
from typing import Final

import msgspec

from dispatch.core.authorise import Denial
from dispatch.core.city import City
from dispatch.core.deadlines import AT_ONCE_S
from dispatch.core.effects import Append, Effect, Record, Send
from dispatch.core.entry import MESSAGE, Entry
from dispatch.core.facts import Fact, FactKind
from dispatch.core.limits import (
    KEEP_WITHIN_S,
    MESSAGE_SLICE,
    MESSAGE_USEFUL_S,
    MESSAGES_SHOWN_MAX,
    UPDATE_INTERVAL_S,
)
from dispatch.core.message_box import Message
from dispatch.core.message_view import fronts_of, members, message_view, reach_view, record
from dispatch.core.moment import Moment
from dispatch.core.registry import Device, Front
from dispatch.core.snapshot import freeze_message
from dispatch.core.tell import deny, hear_of
from dispatch.core.whereabouts import Point, place
from protocol.messages import MessageFront, MessageShown
from protocol.vocabulary import Role

_INVISIBLE: Final = re.compile(r"[\u0000-\u001f\u007f-\u009f\u2028\u2029]+")
_DIRECTIONS: Final = re.compile(r"[\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
"""Marks that turn the direction of a text around or hide in it: it must read as it was written."""
_CONTROL_ROOM: Final = frozenset({Role.OPERATOR, Role.SUPERVISOR})


def send(city: City, speaker: Device, said: MessageFront, now: Moment) -> list[Effect]:
    """Say something to a front. Again: it is shown to whoever asked how far it has got."""
    sender = _verify(city, speaker, said)
    if isinstance(sender, Denial):
        return deny(speaker.device_id, said, sender, now, said.alert_id)
    known = city.messages.messages.get(said.message_id)
    if known is not None:
        if not _is_same(known, sender, said):
            return deny(speaker.device_id, said, Denial.MESSAGE_ID_CONFLICT, now)
        if speaker.role is Role.CONSOLE and not known.is_stored:
            hear_of(city, speaker, said.message_id)
        return _show(city, known, (speaker.device_id,))
    denial = _is_untimely(city, sender, said, now)
    if denial is not None:
        return deny(speaker.device_id, said, denial, now, said.alert_id)
    message = _write_down(sender, said, now)
    if speaker.role is Role.CONSOLE:
        hear_of(city, speaker, said.message_id)
    crowded_out = city.messages.add(message)
    here = deque(each for each in members(city, said.front_id) if _is_here(city, each))
    city.messages.untold.append((message.message_id, here))
    fact = Fact(FactKind.MESSAGED, now.wall_ms, "", sender.device_id, said.alert_id)
    return [
        *_show(city, message, _told_how_far(city, message)),
        Record(fact),
        _keep(city, message, FactKind.MESSAGED, now),
        *(effect for old in crowded_out for effect in _end(city, old, now)),
    ]


def shown(city: City, device: Device, said: MessageShown, now: Moment) -> list[Effect]:
    """A device of the front has shown it to a person. One that is forgotten is nobody's concern."""
    message = city.messages.messages.get(said.message_id)
    if message is None:
        return []
    if message.sent_to.get(device.device_id):
        return []
    # It may have been sent by a server that was killed before its journal had it.
    if message.front_id not in fronts_of(city, device):
        return deny(device.device_id, said, Denial.NOT_YOUR_MESSAGE, now)
    message.sent_to[device.device_id] = True
    _changed(city, message, now)
    fact = Fact(FactKind.MESSAGE_SHOWN, now.wall_ms, "", device.device_id, message.alert_id)
    return [Record(fact)]


def came(city: City, device: Device) -> None:
    """A member is here: it is sent what it missed, in its turn."""
    if any(city.messages.of_front(front_id) for front_id in fronts_of(city, device)):
        city.messages.came_back[device.device_id] = None


def show_messages(city: City, device: Device) -> list[Effect]:
    """Bring a control room up to date: the newest messages, and how far each has got."""
    if not city.presence.is_watching(device):
        return []
    newest = city.messages.newest(MESSAGES_SHOWN_MAX)
    return [effect for message in newest for effect in _show(city, message, (device.device_id,))]


def stored(city: City, message_id: str) -> list[Effect]:
    """It is safe: the control room may know."""
    message = city.messages.messages.get(message_id)
    if message is None or message.is_stored:
        return []
    message.is_stored = True
    told = _tell_how_far(city, message)
    city.spoken_for.pop(message_id, None)
    return told


def keep_again(city: City, subjects: Iterable[str], now: Moment) -> list[Effect]:
    """Give the journal again what it could not take."""
    ids = (each.removeprefix(MESSAGE) for each in subjects if each.startswith(MESSAGE))
    messages = (city.messages.messages.get(message_id) for message_id in ids)
    return [_keep(city, each, FactKind.TOLD, now) for each in messages if each is not None]


def restored(city: City, message: Message) -> None:
    """A message of an earlier run is still of use, unless its front has too many: a server that was
    killed may not have kept that some had ended."""
    for old in city.messages.add(message):
        old.until_s = AT_ONCE_S
        city.messages.deadlines.remind(AT_ONCE_S, old.message_id)


def next_s(city: City) -> float | None:
    """Return the monotonic time at which something is to be done about a message, if ever."""
    box = city.messages
    return AT_ONCE_S if box.untold or box.came_back else box.deadlines.next_s()


def pass_time(city: City, now: Moment) -> list[Effect]:
    """Tell some more members, or do what is due of one message."""
    box = city.messages
    if box.untold:
        return _tell_further(city, now)
    if box.came_back:
        return _catch_up(city, now)
    message = box.messages.get(box.deadlines.take_due(now.mono_s) or "")
    if message is None:
        return []
    effects: list[Effect] = []
    if message.until_s <= now.mono_s:
        return _end(city, message, now)
    if message.tell_at_s is not None and message.tell_at_s <= now.mono_s:
        message.tell_at_s = None
        effects += _tell_how_far(city, message)
    if message.keep_at_s is not None and message.keep_at_s <= now.mono_s:
        effects.append(_keep(city, message, FactKind.TOLD, now))
    box.deadlines.remind(message.due_s, message.message_id)
    return effects


def clean(body: str) -> str:
    """Leave out what cannot be seen or would turn the text around; blanks become one."""
    return " ".join(_DIRECTIONS.sub("", _INVISIBLE.sub(" ", body)).split())


def _verify(city: City, speaker: Device, said: MessageFront) -> Device | Denial:
    """Find who speaks, and whether they may: the control room to any front, a quadrant's supervisor
    to its own."""
    front = city.registry.fronts.get(said.front_id)
    if front is None:
        return Denial.UNKNOWN_FRONT
    sender = speaker
    if speaker.role is Role.CONSOLE:
        source = city.registry.devices.get(said.source_device_id or "")
        if source is None or source.revoked or source.role not in _CONTROL_ROOM:
            return Denial.NOT_BEHIND_GATEWAY
        sender = source
    elif not city.presence.is_on_duty(speaker.device_id):
        return Denial.OFF_DUTY
    is_of_one_quadrant = sender.role is Role.SUPERVISOR and sender.quadrant is not None
    if is_of_one_quadrant and sender.quadrant != _quadrant(city, front):
        return Denial.NOT_YOUR_FRONT
    return sender


def _is_untimely(city: City, sender: Device, said: MessageFront, now: Moment) -> Denial | None:
    if said.alert_id is not None:
        alert = city.board.alerts.get(said.alert_id)
        if alert is None:
            return Denial.UNKNOWN_ALERT
        if alert.front_id != said.front_id:
            return Denial.NOT_YOUR_ALERT
        if not alert.is_open:
            return Denial.ALREADY_CLOSED
    if not city.messages.may_say(sender.device_id, now.mono_s):
        return Denial.TOO_MANY_MESSAGES
    return None


def _quadrant(city: City, front: Front) -> str | None:
    if front.spot is None:
        return None
    return place(Point(front.spot.lat, front.spot.lon), city.registry.locator).location.quadrant


def _is_same(known: Message, sender: Device, said: MessageFront) -> bool:
    before = (known.sender_id, known.front_id, known.body, known.alert_id)
    return before == (sender.device_id, said.front_id, clean(said.body), said.alert_id)


def _write_down(sender: Device, said: MessageFront, now: Moment) -> Message:
    return Message(
        message_id=said.message_id,
        front_id=said.front_id,
        sender_id=sender.device_id,
        by=sender.name,
        body=clean(said.body),
        alert_id=said.alert_id,
        sent_at_ms=now.wall_ms,
        until_ms=now.wall_ms + round(MESSAGE_USEFUL_S * 1000),
        until_s=now.mono_s + MESSAGE_USEFUL_S,
    )


def _is_here(city: City, device_id: str) -> bool:
    return device_id in city.presence.session_of


def _tell_further(city: City, now: Moment) -> list[Effect]:
    """Send a message to some more of those who were here when it was said."""
    message_id, waiting = city.messages.untold.popleft()
    message = city.messages.messages.get(message_id)
    told = [waiting.popleft() for _ in range(min(MESSAGE_SLICE, len(waiting)))]
    if message is None:
        return []
    if waiting:
        city.messages.untold.append((message_id, waiting))
    return _send(city, message, tuple(each for each in told if _is_here(city, each)), now)


def _catch_up(city: City, now: Moment) -> list[Effect]:
    """Send a member what it missed and is still of use."""
    device_id = next(iter(city.messages.came_back))
    del city.messages.came_back[device_id]
    device = city.registry.devices.get(device_id)
    if device is None or not _is_here(city, device_id):
        return []
    missed = [
        message
        for front_id in fronts_of(city, device)
        for message in city.messages.of_front(front_id)
        if not message.sent_to.get(device_id, False) and _is_of_use(city, message)
    ]
    return [effect for message in missed for effect in _send(city, message, (device_id,), now)]


def _is_of_use(city: City, message: Message) -> bool:
    """What was said about an alert that is over would only mislead."""
    if message.alert_id is None:
        return True
    alert = city.board.alerts.get(message.alert_id)
    return alert is not None and alert.is_open


def _send(city: City, message: Message, told: tuple[str, ...], now: Moment) -> list[Effect]:
    if not told:
        return []
    for device_id in told:
        message.sent_to.setdefault(device_id, False)
    _changed(city, message, now)
    return [Send(told, message_view(city, message))]


def _changed(city: City, message: Message, now: Moment) -> None:
    """Have the control room told soon, and the journal given it: neither once for each member."""
    if message.tell_at_s is None:
        message.tell_at_s = now.mono_s + UPDATE_INTERVAL_S
    if message.keep_at_s is None:
        message.keep_at_s = now.mono_s + KEEP_WITHIN_S
    city.messages.deadlines.remind(message.due_s, message.message_id)


def _told_how_far(city: City, message: Message) -> tuple[str, ...]:
    """The control room, and the console that it came through, until it is stored."""
    told = [*city.presence.operators(), *city.presence.supervisors()]
    console = city.spoken_for.get(message.message_id)
    if console is not None and _is_here(city, console):
        told.append(console)
    return tuple(told)


def _tell_how_far(city: City, message: Message) -> list[Effect]:
    told = _told_how_far(city, message)
    return [Send(told, reach_view(city, message))] if told else []


def _show(city: City, message: Message, told: tuple[str, ...]) -> list[Effect]:
    if not told:
        return []
    return [Send(told, message_view(city, message)), Send(told, reach_view(city, message))]


def _end(city: City, message: Message, now: Moment) -> list[Effect]:
    """It is of no use any more: the journal may let go of it once it is drained."""
    city.messages.forget(message)
    return [_keep(city, message, FactKind.MESSAGE_ENDED, now)]


def _keep(city: City, message: Message, kind: FactKind, now: Moment) -> Append:
    """Give the journal what a message is now."""
    message.keep_at_s = None
    subject = MESSAGE + message.message_id
    entry = Entry(
        kind=kind,
        at_ms=now.wall_ms,
        device_id=message.sender_id,
        alert_id=subject,
        is_open=kind is not FactKind.MESSAGE_ENDED,
        state=freeze_message(message, now, city.boot),
        view=msgspec.json.encode(record(city, message)),
    )
    return Append((entry,), () if message.is_stored else ((subject, message.message_id),))

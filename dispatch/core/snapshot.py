"""The whole state of an alert, a message to a front, or a device of the kit, as bytes.

A restart goes on from it.

Times on the monotonic clock mean something only together with the moment they were written at and
the boot they were counted from, so both go along: with each state, for one that nothing has changed
since may be several boots old.
"""

from dataclasses import dataclass
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from dispatch.core.alert import Alert, Press, Sounding
from dispatch.core.kit import Watched
from dispatch.core.message_box import Message
from dispatch.core.moment import Moment

T = TypeVar("T")


class UnreadableState(Exception):  # noqa: N818 - a state of the file, not a fault of ours
    """These bytes are no state of this version's. The message says what does not fit."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """An alert at a moment, by the clocks of one boot of the machine."""

    alert: Alert
    mono_s: float
    wall_ms: int
    boot: str


@dataclass(frozen=True, slots=True)
class FrozenMessage:
    """A message to a front at a moment, by the clocks of one boot of the machine."""

    message: Message
    mono_s: float
    wall_ms: int
    boot: str


@dataclass(frozen=True, slots=True)
class FrozenDevice:
    """A device of the kit at a moment, by the clocks of one boot of the machine."""

    watched: Watched
    mono_s: float
    wall_ms: int
    boot: str


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Frozen)
_MESSAGE_DECODER = msgspec.msgpack.Decoder(FrozenMessage)
_DEVICE_DECODER = msgspec.msgpack.Decoder(FrozenDevice)


def freeze(alert: Alert, now: Moment, boot: str) -> bytes:
    """Write an alert as it is. `boot` names what the monotonic clock counts from."""
    return _ENCODER.encode(Frozen(alert, now.mono_s, now.wall_ms, boot))


def thaw(state: bytes, now: Moment, boot: str) -> Alert:
    """Read an alert back, its times moved onto this process's clock.

    Within one boot the monotonic clock is the same for all processes, so a wall clock that was set
    meanwhile moves no deadline. After a reboot only the wall clock can tell how long we were away;
    so too where `boot` is empty, for want of a name: no boot is taken for that one again.

    Raises `UnreadableState`.
    """
    frozen = _decoded(_DECODER, state)
    by_s = _moved_by_s(frozen, now, boot)
    if by_s:
        _shift(frozen.alert, by_s)
    return frozen.alert


def freeze_message(message: Message, now: Moment, boot: str) -> bytes:
    """Write a message to a front as it is."""
    return _ENCODER.encode(FrozenMessage(message, now.mono_s, now.wall_ms, boot))


def thaw_message(state: bytes, now: Moment, boot: str) -> Message:
    """Read a message back, as `thaw` does an alert. Raises `UnreadableState`."""
    frozen = _decoded(_MESSAGE_DECODER, state)
    message, by_s = frozen.message, _moved_by_s(frozen, now, boot)
    message.until_s += by_s
    message.tell_at_s = _moved(message.tell_at_s, by_s)
    message.keep_at_s = _moved(message.keep_at_s, by_s)
    return message


def freeze_device(watched: Watched, now: Moment, boot: str) -> bytes:
    """Write what is known of a device of the kit."""
    return _ENCODER.encode(FrozenDevice(watched, now.mono_s, now.wall_ms, boot))


def thaw_device(state: bytes, now: Moment, boot: str) -> Watched:
    """Read a device back, as `thaw` does an alert. Raises `UnreadableState`."""
    frozen = _decoded(_DEVICE_DECODER, state)
    watched, by_s = frozen.watched, _moved_by_s(frozen, now, boot)
    watched.heard_s += by_s
    watched.test_due_s = _moved(watched.test_due_s, by_s)
    watched.kept_s = _moved(watched.kept_s, by_s)
    return watched


def _decoded(decoder: msgspec.msgpack.Decoder[T], state: bytes) -> T:
    try:
        return decoder.decode(state)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise UnreadableState(str(error)) from error


def _moved_by_s(frozen: Frozen | FrozenMessage | FrozenDevice, now: Moment, boot: str) -> float:
    """Return how far this process's clock is ahead of the one that the times were read on."""
    if boot and frozen.boot == boot:
        return 0.0
    away_s = max(0.0, (now.wall_ms - frozen.wall_ms) / 1000)
    return now.mono_s - away_s - frozen.mono_s


def _shift(alert: Alert, by_s: float) -> None:
    """Move every monotonic time of an alert."""
    alert.last_signal_s += by_s
    alert.told_at_s += by_s
    alert.escalate_at_s = _moved(alert.escalate_at_s, by_s)
    alert.tell_at_s = _moved(alert.tell_at_s, by_s)
    alert.keep_at_s = _moved(alert.keep_at_s, by_s)
    alert.push_since_s += by_s
    alert.push_at_s = _moved(alert.push_at_s, by_s)
    alert.closed_at_s = _moved(alert.closed_at_s, by_s)
    alert.presses = {key: _shifted(press, by_s) for key, press in alert.presses.items()}
    alert.last_press_of = {key: _shifted(press, by_s) for key, press in alert.last_press_of.items()}
    alert.folded = [replace(folded, press=_shifted(folded.press, by_s)) for folded in alert.folded]
    alert.sirens_due_s = _moved(alert.sirens_due_s, by_s)
    alert.front_at_s = _moved(alert.front_at_s, by_s)
    alert.sirens = {key: _sounding(each, by_s) for key, each in alert.sirens.items()}
    if alert.owner is not None:
        alert.owner = replace(alert.owner, due_s=alert.owner.due_s + by_s)


def _shifted(press: Press, by_s: float) -> Press:
    return replace(press, at_s=press.at_s + by_s)


def _sounding(sounding: Sounding, by_s: float) -> Sounding:
    return replace(
        sounding,
        until_s=_moved(sounding.until_s, by_s),
        answer_by_s=_moved(sounding.answer_by_s, by_s),
    )


def _moved(at_s: float | None, by_s: float) -> float | None:
    return None if at_s is None else at_s + by_s

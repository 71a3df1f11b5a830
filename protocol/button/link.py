"""One button as its receiver knows it: which of its messages are new, and what it is answered.

The window is that of RFC 4303, section 3.4.3, and it moves only for a message whose MAC is good. It
never moves back. Whatever is not new is challenged: an old message that somebody sends again cannot
answer, and a device that has lost its count learns where to go on.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

from protocol.button.message import (
    Answer,
    Challenge,
    Message,
    Progress,
    Reception,
    decode_message,
    encode_answer,
    tag_of,
)
from protocol.button.signal_id import signal_id_of

WINDOW: Final = 32
"""How many messages may overtake one another on their way."""
CLOCK_SET_AFTER_MS: Final = 1_767_225_600_000
"""2026-01-01. A clock that is behind this was never set."""

_ALL_SEEN: Final = (1 << WINDOW) - 1
_BOOT_MAX: Final = 0xFFFF_FFFF


class LinkState(NamedTuple):
    """What a receiver may keep of a device over a restart, so that it need not challenge it."""

    newest: int
    """The highest counter that was heard."""
    window: int = _ALL_SEEN
    """Bit n: the message n before the newest was heard. Left out: all were."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of a datagram. Only with `FRESH` there is a `message`."""

    reception: Reception
    message: Message | None = None
    challenge: bytes = b""
    """To be sent back at once, if there is one."""


class ButtonLink:
    """A device, its key, and the newest that was heard of it.

    heard = link.hear(datagram, now_ms)
    if heard.message is not None: ...                      # act on it, then
        answer = link.answer(heard.message, now_ms, Progress.RECEIVED, stored=True)
    """

    __slots__ = ("_key", "_newest", "_tag", "_window", "device_id")

    def __init__(self, device_id: str, key: bytes, state: LinkState) -> None:
        self.device_id = device_id
        self._key = key
        self._tag = tag_of(device_id)
        self._newest, self._window = state

    @property
    def state(self) -> LinkState:
        """What to keep over a restart. Most needful after a press: heartbeats change little."""
        return LinkState(self._newest, self._window)

    def hear(self, datagram: bytes, now_ms: int) -> Heard:
        """Take a datagram. `now_ms` is Unix time."""
        message = decode_message(self._key, datagram)
        if isinstance(message, Reception):
            return Heard(message)
        if message.tag != self._tag:
            return Heard(Reception.NOT_OURS)
        reception = self._judge(message.counter)
        if reception is Reception.FRESH:
            return Heard(reception, message)
        return Heard(reception, challenge=self._challenge(message, now_ms))

    def answer(
        self,
        message: Message,
        now_ms: int,
        progress: Progress,
        *,
        stored: bool = False,
        cancel_answered: bool = False,
        eta_min: int | None = None,
    ) -> bytes:
        """Write an answer. The same message may be answered again when there is news."""
        sequence = message.counter & 0xFFFF_FFFF
        answer = Answer(progress, sequence, now_ms, stored, cancel_answered, eta_min)
        return encode_answer(self._key, message.mac, answer)

    def signal_id(self, message: Message) -> str:
        """Name the press that a message is about."""
        return signal_id_of(self.device_id, message.press, message.pressed_at_ms)

    def _judge(self, counter: int) -> Reception:
        if not counter >> 32:
            return Reception.STALE
        if counter > self._newest:
            ahead = counter - self._newest
            self._window = (self._window << ahead & _ALL_SEEN | 1) if ahead < WINDOW else 1
            self._newest = counter
            return Reception.FRESH
        behind = self._newest - counter
        if behind >= WINDOW:
            return Reception.STALE
        if self._window >> behind & 1:
            return Reception.REPLAYED
        self._window |= 1 << behind
        return Reception.FRESH

    def _challenge(self, message: Message, now_ms: int) -> bytes:
        boot = min(max((self._newest >> 32) + 1, now_ms // 1000), _BOOT_MAX)
        challenge = Challenge(message.counter & 0xFFFF_FFFF, boot)
        return encode_answer(self._key, message.mac, challenge)


def nothing_known(now_ms: int) -> LinkState:
    """Return what to begin with where nothing was kept: what was sent before `now_ms` is old.

    A device counts its starts from 1, or from the seconds of Unix time at which it was last
    challenged; so no counter made before now has as many starts as there are seconds now.

    Raises `ValueError` if the clock was never set: then nothing could be told from old messages.
    """
    if now_ms < CLOCK_SET_AFTER_MS:
        raise ValueError(f"the clock was never set: it says {now_ms} ms since the epoch")
    return LinkState((now_ms // 1000 << 32) | 0xFFFF_FFFF)

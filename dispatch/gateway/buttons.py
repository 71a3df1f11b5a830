"""Home-made buttons: each is told how far its press has truly got, and again when it gets further.

A button counts what it sends, so a press has one name at every gateway, before and after any
restart. A gateway that knows nothing of a button yet challenges it once (`protocol/button.md`).
"""

import math
from collections.abc import Callable
from typing import Final

from dispatch.core.moment import Moment
from dispatch.gateway.bounds import FOLLOWS_FOR_S
from dispatch.gateway.calls import Call
from dispatch.gateway.core_link import CoreLink
from dispatch.gateway.desk import Clock, Heard, Say
from dispatch.gateway.roster import Behind, button_key
from dispatch.gateway.tally import Tally
from protocol.button.link import ButtonLink, nothing_known
from protocol.button.message import (
    MESSAGE_BYTES,
    PROGRESS,
    Message,
    MessageType,
    Progress,
    Reception,
    tag_in,
    tag_of,
)
from protocol.messages import Signal
from protocol.vocabulary import Kind

CLOCK_NOT_SET: Final = "clock_not_set"


class MessageSplitter:
    """All messages are of one length, so a stream is cut by counting."""

    dropped_bytes = 0

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Take what arrived and return the messages that it completes."""
        held = self._held + data
        whole = len(held) // MESSAGE_BYTES * MESSAGE_BYTES
        self._held = held[whole:]
        return [held[at : at + MESSAGE_BYTES] for at in range(0, whole, MESSAGE_BYTES)]


class Buttons:
    """The desk for button datagrams."""

    name = "buttons"

    def __init__(self, core: CoreLink, tally: Tally, clock: Clock) -> None:
        self._core = core
        self._tally = tally
        self._clock = clock
        self._keys: dict[bytes, tuple[str, bytes]] = {}
        """Device id and key, by tag."""
        self._links: dict[bytes, ButtonLink] = {}
        self._followers: dict[str, _Follower] = {}
        """Who is told what becomes of a press, by device: its newest."""
        core.roster.watchers.append(self._roster_changed)

    def splitter(self) -> MessageSplitter:
        """Return what cuts a button's stream into messages."""
        return MessageSplitter()

    def hear(self, frame: bytes, say: Say) -> Heard:
        """Take one message."""
        now = self._clock()
        tag = tag_in(frame)
        if isinstance(tag, Reception):
            return self._bad(tag, now)
        link = self._link(tag, now)
        if link is None:
            return self._bad(Reception.NOT_OURS if tag not in self._keys else CLOCK_NOT_SET, now)
        heard = link.hear(frame, now.wall_ms)
        if heard.challenge:
            self._tally.answers.labels(self.name, "challenge").inc()
            return Heard(heard.challenge)
        if heard.message is None:
            return self._bad(heard.reception, now)
        return Heard(self._take(link, heard.message, now, say))

    def _take(self, link: ButtonLink, message: Message, now: Moment, say: Say) -> bytes | None:
        is_test = message.type is MessageType.PRESS and message.kind is Kind.TEST
        self._tally.frames.labels(message.type.name.lower()).inc()
        self._core.contacts.note(link.device_id, message.battery_percent, tested=is_test)
        if message.type is MessageType.HEARTBEAT:
            if not self._core.is_near:
                return None  # its lamp must not say that help can be called
            return self._count(link.answer(message, now.wall_ms, Progress.ALIVE))
        call = self._call(link, message, now)
        if call is None:
            return None
        self._follow(link, message, call, now, say)
        return self._count(_answer(link, message, call, now))

    def _call(self, link: ButtonLink, message: Message, now: Moment) -> Call | None:
        signal_id = link.signal_id(message)
        if message.type is MessageType.CANCEL:
            return self._core.calls.cancel(signal_id, now.mono_s)
        signal = Signal(
            ref=signal_id,
            signal_id=signal_id,
            kind=message.kind,
            pressed_at_ms=message.pressed_at_ms,
            position=message.position,
            source_device_id=link.device_id,
        )
        return self._core.calls.take(signal, now.mono_s)

    def _follow(
        self, link: ButtonLink, message: Message, call: Call, now: Moment, say: Say
    ) -> None:
        """Answer this message again when there is news, where it came from."""
        before = self._followers.get(link.device_id)
        if before is not None:
            before.end()

        def news(of: Call) -> None:
            then = self._clock()
            if then.mono_s - now.mono_s > FOLLOWS_FOR_S:
                follower.end()
            else:
                say(self._count(_answer(link, message, of, then)))

        follower = _Follower(call, news)
        self._followers[link.device_id] = follower

    def _count(self, answer: bytes) -> bytes:
        self._tally.answers.labels(self.name, "answer").inc()
        return answer

    def _bad(self, reason: str, now: Moment) -> Heard:
        self._tally.fault(self.name, reason, now.mono_s)
        return Heard(is_good=False)

    def _link(self, tag: bytes, now: Moment) -> ButtonLink | None:
        link = self._links.get(tag)
        known = self._keys.get(tag)
        if link is None and known is not None:
            try:
                link = self._links[tag] = ButtonLink(*known, nothing_known(now.wall_ms))
            except ValueError:
                return None  # without a clock an old message could not be told from a new one
        return link

    def _roster_changed(self, device_id: str, behind: Behind | None) -> None:
        tag, key = tag_of(device_id), button_key(behind)
        known = self._keys.get(tag)
        if key is not None and known == (device_id, key):
            return
        self._keys.pop(tag, None)
        self._links.pop(tag, None)
        follower = self._followers.pop(device_id, None)
        if follower is not None:
            follower.end()
        if key is not None:
            self._keys[tag] = (device_id, key)


class _Follower:
    """Hears of one press until it is ended."""

    def __init__(self, call: Call, news: Callable[[Call], None]) -> None:
        self._call = call
        self._news = news
        call.watch(news)

    def end(self) -> None:
        self._call.unwatch(self._news)


def _answer(link: ButtonLink, message: Message, call: Call, now: Moment) -> bytes:
    receipt = call.receipt
    progress = Progress.WAITING if receipt is None else PROGRESS[receipt.stage]
    if call.refused is not None:
        progress = Progress.REFUSED
    elif receipt is None and call.cancel_refused:
        progress = Progress.CLOSED  # the core does not know it any more
    return link.answer(
        message,
        now.wall_ms,
        progress,
        stored=call.stored,
        cancel_answered=call.cancel_answered,
        eta_min=None if receipt is None or receipt.eta_s is None else math.ceil(receipt.eta_s / 60),
    )

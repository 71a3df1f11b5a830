from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import MockClock

from dispatch.gateway.bounds import CORE_AWAY_S, FOLLOWS_FOR_S
from dispatch.gateway.buttons import Buttons, MessageSplitter
from dispatch.gateway.desk import Heard
from dispatch.wiring import Button
from protocol.button.message import (
    MESSAGE_BYTES,
    Answer,
    Challenge,
    Message,
    MessageType,
    Progress,
    decode_answer,
    encode_message,
    tag_of,
)
from protocol.messages import Cancel, Contact, Error, Kit, Position, Seen, Signal, Text
from protocol.vocabulary import ErrorCode, Kind, Stage
from tests.gateway.rig import BUTTON, BUTTON_KEY, Core, at_desk, kit_device, receipt


class Wall:
    """A button as it should be: it counts, and takes a challenge up."""

    def __init__(self, buttons: Buttons) -> None:
        self.said: list[bytes] = []
        self._buttons = buttons
        self._boot, self._sequence = 1, 0
        self.sent = b""

    def send(
        self,
        type_: MessageType,
        press: int = 0,
        kind: Kind = Kind.PANIC,
        battery: int | None = None,
    ) -> Heard:
        self._sequence += 1
        counter = self._boot << 32 | self._sequence
        message = Message(
            type_,
            tag_of(BUTTON),
            counter,
            press=press or (0 if type_ is MessageType.HEARTBEAT else counter),
            kind=kind,
            battery_percent=battery,
            position=Position(lat=10.4, lon=-75.5),
        )
        self.sent = encode_message(BUTTON_KEY, message)
        return self.hear(self.sent)

    def hear(self, raw: bytes) -> Heard:
        return self._buttons.hear(raw, self.said.append)

    def read(self, answer: bytes | None) -> Answer | Challenge:
        assert answer is not None
        read = decode_answer(BUTTON_KEY, self.sent[-16:], answer)
        assert isinstance(read, Answer | Challenge), read
        return read

    def start(self) -> None:
        """A gateway that knows nothing of it challenges it once."""
        challenge = self.read(self.send(MessageType.HEARTBEAT).answer)
        assert isinstance(challenge, Challenge)
        self._boot, self._sequence = challenge.boot, 0

    def press(self, press: int = 0, kind: Kind = Kind.PANIC) -> tuple[Answer, int]:
        """Press, or press again; returns the answer and the number of the press."""
        answer = self.read(self.send(MessageType.PRESS, press, kind).answer)
        assert isinstance(answer, Answer)
        return answer, press or (self._boot << 32 | self._sequence)


@asynccontextmanager
async def wall() -> AsyncIterator[tuple[Wall, Core]]:
    async with at_desk(Buttons) as (buttons, core, _):
        button = Wall(buttons)
        button.start()
        yield button, core


async def test_each_stage_is_told_as_it_is_reached(autojump_clock: MockClock) -> None:
    async with wall() as (button, core):
        answer, _ = button.press()
        assert (answer.progress, answer.stored) == (Progress.WAITING, False)
        signal = await core.hear(Signal)
        assert (signal.source_device_id, signal.kind) == (BUTTON, Kind.PANIC)
        assert signal.position == Position(lat=10.4, lon=-75.5)
        stages = [
            receipt(signal.signal_id, stored=False),
            receipt(signal.signal_id, version=2),
            receipt(signal.signal_id, version=3, stage=Stage.DELIVERED),
            receipt(signal.signal_id, version=4, stage=Stage.ACCEPTED, eta_s=181),
        ]
        await core.say(*stages)
        told = [button.read(each) for each in button.said]
        assert [(each.progress, each.stored, each.eta_min) for each in told] == [  # type: ignore[union-attr]
            (Progress.RECEIVED, False, None),
            (Progress.RECEIVED, True, None),
            (Progress.DELIVERED, True, None),
            (Progress.ACCEPTED, True, 4),
        ]


async def test_a_press_that_is_sent_again_is_one_signal_and_the_newest_is_answered(
    autojump_clock: MockClock,
) -> None:
    async with wall() as (button, core):
        _, press = button.press()
        button.press(press)
        button.press(press)
        signal = await core.hear(Signal)
        assert [each for each in await core.unheard() if isinstance(each, Signal)] == []
        await core.say(receipt(signal.signal_id))
        assert len(button.said) == 1  # bound to the newest message, which `read` checks
        told = button.read(button.said[0])
        assert isinstance(told, Answer)
        assert told.stored


async def test_a_replayed_message_is_challenged_and_presses_nothing(
    autojump_clock: MockClock,
) -> None:
    async with wall() as (button, core):
        button.press()
        await core.hear(Signal)
        assert isinstance(button.read(button.hear(button.sent).answer), Challenge)
        assert [each for each in await core.unheard() if isinstance(each, Signal)] == []


async def test_a_heartbeat_is_proof_of_life_with_its_battery(autojump_clock: MockClock) -> None:
    async with wall() as (button, core):
        answer = button.read(button.send(MessageType.HEARTBEAT, battery=64).answer)
        assert isinstance(answer, Answer)
        assert answer.progress is Progress.ALIVE
        assert await core.hear(Contact) == Contact(seen=(Seen(BUTTON, 64),))


async def test_a_test_press_is_told_as_one(autojump_clock: MockClock) -> None:
    async with wall() as (button, core):
        button.press(kind=Kind.TEST)
        assert (await core.hear(Signal)).kind is Kind.TEST
        assert (await core.hear(Contact)).seen == (Seen(BUTTON, None, True),)


async def test_its_lamp_does_not_say_that_help_can_be_called_when_it_cannot(
    autojump_clock: MockClock,
) -> None:
    async with wall() as (button, core):
        core.server.refusing = 1_000
        await core.cut()
        assert button.send(MessageType.HEARTBEAT).answer is not None
        await trio.sleep(CORE_AWAY_S + 1)
        assert button.send(MessageType.HEARTBEAT) == Heard(None)
        answer, _ = button.press()  # it is kept, and goes out when the core is back
        assert answer.progress is Progress.WAITING


async def test_a_cancel_is_sent_and_answered_when_it_is_shown(autojump_clock: MockClock) -> None:
    async with wall() as (button, core):
        _, press = button.press()
        signal = await core.hear(Signal)
        await core.say(receipt(signal.signal_id))
        answer = button.read(button.send(MessageType.CANCEL, press).answer)
        assert isinstance(answer, Answer)
        assert (answer.progress, answer.cancel_answered) == (Progress.RECEIVED, False)
        assert (await core.hear(Cancel)).signal_id == signal.signal_id
        await core.say(receipt(signal.signal_id, version=2, cancel_requested=True))
        told = button.read(button.said[-1])
        assert isinstance(told, Answer)
        assert told.cancel_answered


async def test_a_press_that_is_refused_says_so(autojump_clock: MockClock) -> None:
    async with wall() as (button, core):
        button.press()
        signal = await core.hear(Signal)
        error = Error(code=ErrorCode.NOT_ALLOWED, text=Text("", ""), ref=signal.signal_id)
        await core.say(error)
        told = button.read(button.said[-1])
        assert isinstance(told, Answer)
        assert told.progress is Progress.REFUSED


async def test_news_is_not_pushed_for_ever(autojump_clock: MockClock) -> None:
    async with wall() as (button, core):
        button.press()
        signal = await core.hear(Signal)
        await trio.sleep(1)
        await core.say(receipt(signal.signal_id))
        assert len(button.said) == 1
        await trio.sleep(FOLLOWS_FOR_S)
        await core.say(receipt(signal.signal_id, version=2, stage=Stage.CLOSED))
        assert len(button.said) == 1


async def test_strangers_and_a_button_that_was_taken_down_get_no_answer(
    autojump_clock: MockClock,
) -> None:
    async with wall() as (button, core):
        assert button.hear(bytes(MESSAGE_BYTES)) == Heard(is_good=False)
        assert button.hear(b"\xb1" + bytes(MESSAGE_BYTES - 1)) == Heard(is_good=False)
        button.press()
        altered = bytearray(button.sent)
        altered[30] ^= 1
        assert button.hear(bytes(altered)) == Heard(is_good=False)
        await core.say(Kit(removed=(BUTTON,)))
        assert button.send(MessageType.PRESS) == Heard(is_good=False)


async def test_a_button_is_known_by_the_key_that_it_has_now(autojump_clock: MockClock) -> None:
    async with wall() as (button, core):
        button.press()
        await core.say(Kit(devices=(kit_device(BUTTON, Button(bytes(32).hex())),)))
        assert button.send(MessageType.PRESS) == Heard(is_good=False)
        await core.say(Kit(devices=(kit_device(BUTTON, Button(BUTTON_KEY.hex())),)))
        assert button.send(MessageType.PRESS).is_good


@given(st.lists(st.integers(0, 200), max_size=8))
def test_a_stream_is_cut_into_messages_wherever_it_comes_apart(sizes: list[int]) -> None:
    stream = bytes(number % 251 for number in range(sum(sizes)))
    splitter, messages, at = MessageSplitter(), list[bytes](), 0
    for size in sizes:
        messages += splitter.feed(stream[at : at + size])
        at += size
    whole = len(stream) // MESSAGE_BYTES * MESSAGE_BYTES
    assert b"".join(messages) == stream[:whole]
    assert {len(each) for each in messages} <= {MESSAGE_BYTES}

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.button import device
from clients.button.device import Device, Press
from protocol.button.link import ButtonLink, LinkState
from protocol.button.message import KINDS, Message, MessageType, Progress, decode_message
from protocol.messages import Position
from protocol.vocabulary import Kind
from tests.clients.button import replay
from tests.protocol.button.samples import NOW_MS
from tests.protocol.button.vectors import DEVICE_ID, KEY, PATH, VECTORS

FOLDER = Path(device.__file__).parent
INTERPRETERS = Path(sys.executable).parent


class Wall:
    """A button on a wall, its gateway, and a hand that presses it. Nobody waits."""

    def __init__(self, boot: int = 6) -> None:
        self.now_ms = 0
        self.saved: list[int] = []
        self.device = Device(DEVICE_ID, KEY, boot, 1, self.saved.append, 0)
        self.link = ButtonLink(DEVICE_ID, KEY, LinkState(1))
        self.sent_ms: list[int] = []

    def send(self) -> list[Message]:
        """What the button sends now."""
        messages = []
        while (datagram := self.device.due(self.now_ms)) is not None:
            self.sent_ms.append(self.now_ms)
            message = decode_message(KEY, datagram)
            assert isinstance(message, Message)
            messages.append(message)
        return messages

    def wait(self) -> list[Message]:
        """What it sends next, whenever that is."""
        while True:
            self.now_ms = max(self.now_ms, self.device.wake_ms())
            if messages := self.send():
                return messages

    def answer(self, message: Message, progress: Progress, **known: bool) -> None:
        told = self.link.answer(message, NOW_MS + self.now_ms, progress, **known)
        assert self.device.hear(told, self.now_ms)

    def press(self, kind: int = device.PANIC) -> tuple[Press, Message]:
        """Press, and see it sent at once."""
        press = self.device.press(kind, self.now_ms)
        [message] = self.send()
        return press, message


def greeted() -> Wall:
    """A wall whose button has greeted the gateway."""
    wall = Wall()
    [heartbeat] = wall.send()
    wall.answer(heartbeat, Progress.ALIVE)
    return wall


# --- the same everywhere --------------------------------------------------------------------------


def test_the_conversation_as_published() -> None:
    assert replay.replay(device, VECTORS) == []


def test_a_conversation_that_went_otherwise_is_noticed() -> None:
    steps = [{**step, "lamp": "idle"} for step in VECTORS["device"]["steps"]]
    assert replay.replay(device, {**VECTORS, "device": {**VECTORS["device"], "steps": steps}})


def test_the_conversation_under_micropython() -> None:
    micropython = shutil.which("micropython", path=INTERPRETERS) or shutil.which("micropython")
    if micropython is None:
        pytest.skip("no micropython here: device.py was tried under CPython only")
    done = subprocess.run(
        [micropython, Path(replay.__file__), FOLDER, PATH],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (0, "as published"), done.stderr


def test_its_numbers_are_those_of_the_protocol() -> None:
    named = (Kind.PANIC, Kind.SILENT, Kind.MEDICAL, Kind.FIRE, Kind.INTRUSION, Kind.TEST)
    assert tuple(KINDS[code] for code in device.KINDS) == named
    assert [Press(1, 0, device.NOWHERE, 0).progress] == [Progress.ALIVE]


@pytest.mark.parametrize(
    ("progress", "lamp"),
    [
        (Progress.ALIVE, device.SENDING),
        (Progress.WAITING, device.WAITING),
        (Progress.RECEIVED, device.RECEIVED),
        (Progress.DELIVERED, device.DELIVERED),
        (Progress.ACCEPTED, device.ACCEPTED),
        (Progress.ON_SCENE, device.ON_SCENE),
        (Progress.CLOSED, device.CLOSED),
        (Progress.REFUSED, device.REFUSED),
    ],
)
def test_the_lamp_says_what_was_answered(progress: Progress, lamp: str) -> None:
    wall = greeted()
    _, message = wall.press()
    assert wall.device.lamp() == device.SENDING
    wall.answer(message, progress)
    assert wall.device.lamp() == lamp


# --- counting -------------------------------------------------------------------------------------


def test_a_start_is_counted_before_anything_is_said() -> None:
    wall = Wall(boot=6)
    assert wall.saved == [7]
    assert [message.counter for message in wall.send()] == [7 << 32 | 1]
    assert wall.saved == [7], "one write for each start, however much is said"


def test_a_device_without_a_count_goes_on_from_where_it_is_told() -> None:
    wall = Wall(boot=0)
    press = wall.device.press(device.PANIC, 0)
    challenges = [wall.link.hear(as_sent, NOW_MS).challenge for as_sent in datagrams(wall)]
    understood = [wall.device.hear(challenge, 50) for challenge in challenges]
    assert understood == [True, False], "what was asked under the old count is forgotten"
    wall.now_ms = 50
    first, greeting = wall.send()
    assert wall.saved == [NOW_MS // 1000]
    assert (first.type, first.counter) == (MessageType.PRESS, first.press)
    assert press.number >> 32 == NOW_MS // 1000
    assert greeting.type is MessageType.HEARTBEAT


def datagrams(wall: Wall) -> list[bytes]:
    sent = []
    while (datagram := wall.device.due(wall.now_ms)) is not None:
        sent.append(datagram)
    return sent


def test_a_press_keeps_its_number_through_a_challenge() -> None:
    wall = Wall(boot=6)
    press = wall.device.press(device.PANIC, 0)
    sent = datagrams(wall)
    forgetful = ButtonLink(DEVICE_ID, KEY, LinkState(900 << 32))
    challenge = forgetful.hear(sent[0], NOW_MS).challenge
    assert wall.device.hear(challenge, 10)
    assert press.number == 7 << 32 | 1
    wall.now_ms = 10
    again = wall.send()[0]
    assert (again.press, again.is_repeated) == (press.number, True)
    assert again.counter >> 32 == NOW_MS // 1000


def test_a_challenge_to_what_was_answered_is_not_obeyed() -> None:
    # Somebody sends the device's message twice: the second is challenged. That wears no flash out.
    wall = Wall()
    [datagram] = datagrams(wall)
    message = wall.link.hear(datagram, NOW_MS).message
    assert message is not None
    wall.answer(message, Progress.ALIVE)
    assert wall.device.hear(wall.link.hear(datagram, NOW_MS).challenge, 5)
    assert wall.saved == [7]


def test_challenges_cannot_wear_the_flash_out() -> None:
    wall = Wall()
    for at_ms in range(0, 3000, 100):
        wall.now_ms = at_ms
        for datagram in datagrams(wall):
            ahead = LinkState((NOW_MS + at_ms << 32) | 1)  # a gateway that is never content
            wall.device.hear(ButtonLink(DEVICE_ID, KEY, ahead).hear(datagram, 0).challenge, at_ms)
    assert 2 <= len(wall.saved) <= 4


@given(st.binary(max_size=40))
def test_noise_is_no_answer(noise: bytes) -> None:
    wall = greeted()
    press, _ = wall.press()
    assert not wall.device.hear(noise, 1)
    assert not wall.device.hear(noise.ljust(32, b"\xb1")[:32], 1)
    assert wall.device.lamp() == device.SENDING
    assert not press.stored


def test_an_answer_to_an_older_message_does_not_put_the_lamp_back() -> None:
    wall = greeted()
    _, first = wall.press()
    [second] = wall.wait()
    wall.answer(second, Progress.DELIVERED)
    wall.answer(first, Progress.RECEIVED)
    assert wall.device.lamp() == device.DELIVERED


# --- sending --------------------------------------------------------------------------------------


def test_a_press_is_sent_again_until_it_is_stored() -> None:
    wall = greeted()
    press, _ = wall.press()
    waits_ms, before_ms = [], wall.now_ms
    while len(waits_ms) < 12:
        if any(each.type is MessageType.PRESS for each in wall.wait()):
            waits_ms.append(wall.now_ms - before_ms)
            before_ms = wall.now_ms
    for attempt, wait_ms in enumerate(waits_ms):
        least_ms = device.RETRY_MS[min(attempt, len(device.RETRY_MS) - 1)]
        assert least_ms <= wait_ms <= least_ms * 5 / 4
    assert press.unsettled()


def test_a_stored_press_asks_how_far_it_has_got_until_it_is_closed() -> None:
    wall = greeted()
    _, message = wall.press()
    wall.answer(message, Progress.RECEIVED, stored=True)
    assert wall.device.lamp() == device.STORED
    asked_ms = wall.now_ms
    [message] = wall.wait()
    assert device.FOLLOW_MS <= wall.now_ms - asked_ms <= device.FOLLOW_MS * 5 / 4
    wall.answer(message, Progress.CLOSED, stored=True)
    assert wall.device.lamp() == device.CLOSED
    [heartbeat] = wall.wait()
    assert heartbeat.type is MessageType.HEARTBEAT
    wall.answer(heartbeat, Progress.ALIVE)
    wall.wait()
    assert wall.device.lamp() == device.IDLE


def test_a_press_that_nobody_closes_is_not_followed_for_ever() -> None:
    wall = greeted()
    press, message = wall.press()
    wall.answer(message, Progress.RECEIVED, stored=True)
    asked = 0
    while press in wall.device.presses:
        for message in wall.wait():
            asked += message.type is MessageType.PRESS
            progress = Progress.RECEIVED if message.press else Progress.ALIVE
            wall.answer(message, progress, stored=bool(message.press))
    assert wall.now_ms >= device.FOLLOW_FOR_MS
    assert asked <= device.FOLLOW_SOON_MS // device.FOLLOW_MS + (
        device.FOLLOW_FOR_MS // device.FOLLOW_LATER_MS
    )


def test_a_press_that_a_server_lost_is_sent_again() -> None:
    wall = greeted()
    press, message = wall.press()
    wall.answer(message, Progress.RECEIVED, stored=True)
    [message] = wall.wait()
    wall.answer(message, Progress.RECEIVED, stored=False)
    assert press.unsettled()
    assert wall.device.lamp() == device.RECEIVED
    assert [each.press for each in wall.send()] == [press.number], "like a new one, at once"


def test_a_new_way_to_the_gateway_is_tried_at_once() -> None:
    wall = greeted()
    press, _ = wall.press()
    for _ in range(9):
        wall.wait()  # the way is broken, and the waits have grown
    wall.device.hurry(wall.now_ms)
    assert [message.press for message in wall.send()] == [press.number]


def test_pressing_again_hurries_a_press_that_is_not_stored() -> None:
    wall = greeted()
    press, first = wall.press()
    wall.now_ms += 20
    again, second = wall.press()
    assert again is press
    assert second.press == first.press
    wall.answer(second, Progress.RECEIVED, stored=True)
    anew, third = wall.press()
    assert anew is not press
    assert third.press == third.counter


def test_a_press_of_another_kind_is_another_press() -> None:
    wall = greeted()
    _, panic = wall.press(device.PANIC)
    _, fire = wall.press(device.FIRE)
    assert (panic.kind, fire.kind) == (Kind.PANIC, Kind.FIRE)
    assert panic.press != fire.press


def test_presses_are_bounded_and_the_unstored_are_kept() -> None:
    wall = greeted()
    unstored, _ = wall.press(device.FIRE)
    for _ in range(3 * device.PRESSES_MAX):
        _, message = wall.press(device.PANIC)
        wall.answer(message, Progress.RECEIVED, stored=True)
    assert len(wall.device.presses) == device.PRESSES_MAX
    assert unstored in wall.device.presses


def test_all_messages_of_a_press_say_the_same_of_it() -> None:
    wall = greeted()
    wall.now_ms = 700
    wall.device.press(device.FIRE, 700, (46_097_100, -740_817_500, 12))
    [first] = wall.send()
    [second] = wall.wait()
    for message in (first, second):
        assert message.pressed_at_ms == NOW_MS + 700
        assert message.position == Position(4.60971, -74.08175, 12.0)
        assert message.press == first.counter


def test_a_press_before_anybody_told_the_time_has_none() -> None:
    wall = Wall()
    message = (wall.device.press(device.PANIC, 0), wall.send())[1][0]
    assert message.pressed_at_ms is None


def test_no_other_kind_can_be_pressed() -> None:
    with pytest.raises(ValueError, match="kind"):
        Wall().device.press(7, 0)


# --- taking it back -------------------------------------------------------------------------------


def test_a_cancel_waits_until_the_press_is_stored_and_is_sent_until_it_is_noted() -> None:
    wall = greeted()
    press, message = wall.press()
    wall.device.cancel(press, wall.now_ms)
    [still] = wall.send()
    assert still.type is MessageType.PRESS
    wall.answer(message, Progress.RECEIVED, stored=True)
    [cancel] = wall.send()
    assert (cancel.type, cancel.press) == (MessageType.CANCEL, message.press)
    wall.answer(cancel, Progress.RECEIVED, stored=True)
    [cancel] = wall.wait()
    assert cancel.type is MessageType.CANCEL
    wall.answer(cancel, Progress.ACCEPTED, stored=True, cancel_answered=True)
    [follow] = wall.wait()
    assert follow.type is MessageType.PRESS


# --- whether help could be called -----------------------------------------------------------------


def test_a_heartbeat_is_said_every_minute_and_sooner_without_an_answer() -> None:
    wall = greeted()
    wall.wait()
    assert device.HEARTBEAT_MS <= wall.now_ms <= device.HEARTBEAT_MS * 5 / 4
    said_ms = wall.now_ms
    assert wall.device.lamp() == device.IDLE
    wall.wait()
    assert wall.now_ms - said_ms <= device.HEARTBEAT_RETRY_MS[0] * 5 / 4
    while wall.device.lamp() == device.IDLE:
        messages = wall.wait()
    assert wall.device.lamp() == device.OFFLINE
    assert wall.now_ms - said_ms < device.HEARTBEAT_MS
    wall.answer(messages[-1], Progress.ALIVE)
    assert wall.device.lamp() == device.IDLE


def test_a_silent_press_shows_nothing() -> None:
    wall = greeted()
    _, message = wall.press(device.SILENT)
    assert wall.device.lamp() == device.IDLE
    wall.answer(message, Progress.ACCEPTED, stored=True)
    assert wall.device.lamp() == device.IDLE


def test_the_battery_is_told() -> None:
    wall = Wall()
    wall.device.battery_percent = 41
    assert [message.battery_percent for message in wall.send()] == [41]

"""The button datagram: noise, forgeries and authentic nonsense, at both of its ends."""

import hmac

from clients.button.device import PANIC, Device
from protocol.button.link import WINDOW, ButtonLink, LinkState
from protocol.button.message import (
    ANSWER_BYTES,
    MESSAGE_BYTES,
    Answer,
    Challenge,
    Message,
    MessageType,
    Progress,
    Reception,
    decode_answer,
    decode_message,
    encode_answer,
    encode_message,
    tag_in,
    tag_of,
)

DEVICE_ID, KEY, NOW_MS = "button-17", bytes(range(32)), 1_795_227_247_250
_HEARTBEAT = encode_message(KEY, Message(MessageType.HEARTBEAT, tag_of(DEVICE_ID), 7 << 32 | 1))
_BODY = _HEARTBEAT[2 + 8 : -16]
"""What is left to chance in an authentic message: all but version, type, tag and MAC."""

MESSAGES_MAX = 8
"""Of one input: what there is to be found between them is found between a few."""

SEEDS = (
    _HEARTBEAT,
    encode_answer(KEY, _HEARTBEAT[-16:], Answer(Progress.ALIVE, 1, NOW_MS)),
    encode_answer(KEY, _HEARTBEAT[-16:], Challenge(1, NOW_MS // 1000)),
    b"\x01" + _BODY,
    b"\x01" + _BODY + b"\x01" + _BODY + b"\x03" + _BODY,
)


def one(data: bytes) -> None:
    """Take the input as a datagram, as answer, and as what somebody with the key might say."""
    _is_refused(data)
    _is_no_answer(data)
    _authentic(data)


def _is_refused(data: bytes) -> None:
    link = ButtonLink(DEVICE_ID, KEY, LinkState(1))
    heard = link.hear(data, NOW_MS)
    if heard.message is None and not heard.challenge:
        assert link.state == LinkState(1)
    else:
        assert _is_signed(data)
    if isinstance(tag := tag_in(data), bytes):
        assert tag == data[2:10]


def _is_no_answer(data: bytes) -> None:
    saved: list[int] = []
    device = Device(DEVICE_ID, KEY, 7, 1, saved.append, 0)
    press = device.press(PANIC, 0)
    questions = [device.due(0), device.due(0)]
    for question in questions:
        assert question is not None
        answer = decode_answer(KEY, question[-16:], data)
        assert isinstance(answer, Reception), "forged"
    assert not device.hear(data, 1)
    assert (saved, press.progress) == ([8], 0)


def _authentic(data: bytes) -> None:
    """Sign whatever the bytes say, message after message: a device whose firmware is mad."""
    link, fresh, newest = ButtonLink(DEVICE_ID, KEY, LinkState(1)), set[int](), 1
    step = 1 + len(_BODY)
    for at in range(0, min(len(data), MESSAGES_MAX * step) - step + 1, step):
        said = b"\xb1" + data[at : at + 1] + tag_of(DEVICE_ID) + data[at + 1 : at + step]
        datagram = said + hmac.digest(KEY, b"up" + said, "sha256")[:16]
        message = decode_message(KEY, datagram)
        heard = link.hear(datagram, NOW_MS)
        if isinstance(message, Reception):
            assert heard.reception is message is Reception.UNKNOWN_TYPE
            continue
        if heard.reception is Reception.FRESH:
            assert heard.message == message
            assert message.counter not in fresh
            assert message.counter > newest - WINDOW
            fresh.add(message.counter)
            newest = max(newest, message.counter)
            assert len(link.answer(message, NOW_MS, Progress.RECEIVED)) == ANSWER_BYTES
            assert len(link.signal_id(message)) == 36
        else:
            challenge = decode_answer(KEY, datagram[-16:], heard.challenge)
            assert isinstance(challenge, Challenge)
        assert link.state.newest == newest
        assert 0 <= link.state.window < 1 << WINDOW
        _is_written_as_it_was_read(message)


def _is_written_as_it_was_read(message: Message) -> None:
    """What was read of a message makes the same message, whatever else was in it."""
    again = decode_message(KEY, encode_message(KEY, message))
    assert isinstance(again, Message)
    if message.type is MessageType.HEARTBEAT:
        return  # its kind is not written
    for name in Message.__slots__:
        if name not in ("mac", "position"):
            assert getattr(again, name) == getattr(message, name), name
    assert again.position == message.position


def _is_signed(data: bytes) -> bool:
    mac = hmac.digest(KEY, b"up" + data[:-16], "sha256")[:16]
    return len(data) == MESSAGE_BYTES and hmac.compare_digest(mac, data[-16:])

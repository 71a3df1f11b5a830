import struct
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.button.message import (
    ANSWER_BYTES,
    CHALLENGE,
    MESSAGE_BYTES,
    PROGRESS,
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
from protocol.messages import Position
from protocol.vocabulary import Kind, Stage
from tests.protocol.button.samples import messages, said
from tests.protocol.button.vectors import DEVICE_ID, KEY, QUESTIONS, VECTORS, name_of

answers = st.builds(
    Answer,
    progress=st.sampled_from(Progress),
    sequence=st.integers(0, 2**32 - 1),
    now_ms=st.integers(0, 2**64 - 1),
    stored=st.booleans(),
    cancel_answered=st.booleans(),
    eta_min=st.none() | st.integers(0, 254),
) | st.builds(Challenge, sequence=st.integers(0, 2**32 - 1), boot=st.integers(0, 2**32 - 1))
keys = st.binary(min_size=32, max_size=32)


# --- vectors ------------------------------------------------------------------------------------


def message_of(fields: dict[str, Any]) -> Message:
    """What a vector's fields mean."""
    is_somewhere = fields["lat_e7"] != -(2**31)
    accuracy_m = None if fields["accuracy_m"] == 0xFFFF else float(fields["accuracy_m"])
    return Message(
        type=MessageType(fields["type"]),
        tag=bytes.fromhex(VECTORS["tag"]),
        counter=fields["boot"] << 32 | fields["sequence"],
        salt=fields["salt"],
        press=fields["press_boot"] << 32 | fields["press_sequence"],
        kind=list(Kind)[fields["kind"] - 1] if fields["kind"] else Kind.PANIC,
        battery_percent=None if fields["battery_percent"] == 0xFF else fields["battery_percent"],
        pressed_at_ms=fields["pressed_at_ms"] or None,
        position=Position(fields["lat_e7"] / 1e7, fields["lon_e7"] / 1e7, accuracy_m)
        if is_somewhere
        else None,
    )


def answer_of(fields: dict[str, Any]) -> Answer | Challenge:
    if fields["answer"] == CHALLENGE:
        return Challenge(fields["sequence"], fields["value"])
    return Answer(
        Progress(fields["answer"]),
        fields["sequence"],
        fields["value"],
        stored=bool(fields["flags"] & 1),
        cancel_answered=bool(fields["flags"] & 2),
        eta_min=None if fields["eta_min"] == 0xFF else fields["eta_min"],
    )


def test_the_tag() -> None:
    assert tag_of(DEVICE_ID).hex() == VECTORS["tag"]


@pytest.mark.parametrize("vector", VECTORS["messages"], ids=name_of)
def test_a_message_of_the_vectors(vector: dict[str, Any]) -> None:
    datagram = bytes.fromhex(vector["bytes"])
    message = message_of(vector["fields"])
    assert len(datagram) == MESSAGE_BYTES
    assert encode_message(KEY, message) == datagram
    assert decode_message(KEY, datagram) == replace(message, mac=datagram[-16:])


@pytest.mark.parametrize("vector", VECTORS["answers"], ids=name_of)
def test_an_answer_of_the_vectors(vector: dict[str, Any]) -> None:
    datagram, mac = bytes.fromhex(vector["bytes"]), QUESTIONS[vector["question"]][-16:]
    assert len(datagram) == ANSWER_BYTES
    assert encode_answer(KEY, mac, answer_of(vector["fields"])) == datagram
    assert decode_answer(KEY, mac, datagram) == answer_of(vector["fields"])


@pytest.mark.parametrize("vector", VECTORS["lenient"], ids=name_of)
def test_a_detail_that_cannot_be_used_stops_no_press(vector: dict[str, Any]) -> None:
    whole = decode_message(KEY, QUESTIONS["a panic, with all details"])
    spoilt = decode_message(KEY, bytes.fromhex(vector["bytes"]))
    assert isinstance(whole, Message)
    assert isinstance(spoilt, Message)
    left_out: dict[str, Any] = {
        "an unknown kind is a panic": {"kind": Kind.PANIC},
        "a latitude of 95 is no position": {"position": None},
        "a battery of 200 % is unknown": {"battery_percent": None},
        "a press without a number is its own first message": {"press": whole.counter},
    }
    assert spoilt == replace(whole, mac=spoilt.mac, **left_out[vector["name"]])


# --- properties ---------------------------------------------------------------------------------


@given(keys, messages)
def test_what_is_written_is_read(key: bytes, message: Message) -> None:
    datagram = encode_message(key, message)
    assert len(datagram) == MESSAGE_BYTES
    assert tag_in(datagram) == message.tag
    assert decode_message(key, datagram) == replace(message, mac=datagram[-16:])


@given(keys, st.binary(min_size=16, max_size=16), answers)
def test_what_is_answered_is_read(key: bytes, mac: bytes, answer: Answer | Challenge) -> None:
    datagram = encode_answer(key, mac, answer)
    assert len(datagram) == ANSWER_BYTES
    assert decode_answer(key, mac, datagram) == answer


@given(messages, st.integers(0, 8 * MESSAGE_BYTES - 1))
def test_no_bit_of_a_message_can_be_changed(message: Message, bit: int) -> None:
    datagram = encode_message(KEY, message)
    assert isinstance(decode_message(KEY, flipped(datagram, bit)), Reception)


@given(answers, st.integers(0, 8 * ANSWER_BYTES - 1))
def test_no_bit_of_an_answer_can_be_changed(answer: Answer | Challenge, bit: int) -> None:
    datagram = encode_answer(KEY, b"m" * 16, answer)
    assert isinstance(decode_answer(KEY, b"m" * 16, flipped(datagram, bit)), Reception)


@given(answers, st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
def test_an_answer_fits_one_question(answer: Answer | Challenge, one: bytes, other: bytes) -> None:
    read = decode_answer(KEY, other, encode_answer(KEY, one, answer))
    assert (read == answer) is (one == other)


def test_what_goes_up_is_never_taken_for_what_comes_down() -> None:
    # An answer's MAC covers 4 + 16 + 16 bytes and a message's 2 + 48, under labels of their own.
    answer = encode_answer(KEY, b"m" * 16, Answer(Progress.ALIVE, 1, 2))
    assert decode_message(KEY, answer * 2) is Reception.BAD_MAC


@given(st.binary(max_size=80))
def test_noise_is_refused_by_name(datagram: bytes) -> None:
    assert isinstance(decode_message(KEY, datagram), Reception)
    assert isinstance(decode_answer(KEY, b"m" * 16, datagram), Reception)


def flipped(datagram: bytes, bit: int) -> bytes:
    return (int.from_bytes(datagram) ^ 1 << bit).to_bytes(len(datagram))


# --- edges --------------------------------------------------------------------------------------


def test_another_key_is_another_device() -> None:
    assert decode_message(bytes(32), said(1, 1)) is Reception.BAD_MAC


def test_accuracy_is_never_made_better() -> None:
    for accuracy_m, read_m in ((0.2, 1.0), (12.0, 12.0), (12.1, 13.0), (99_999.0, 65_534.0)):
        datagram = said(1, 1, type=MessageType.PRESS, position=Position(4.6, -74.1, accuracy_m))
        message = decode_message(KEY, datagram)
        assert isinstance(message, Message)
        assert message.position == Position(4.6, -74.1, read_m)


def test_a_far_patrol_is_farther_than_a_byte() -> None:
    datagram = encode_answer(KEY, b"m" * 16, Answer(Progress.ACCEPTED, 1, 2, eta_min=300))
    answer = decode_answer(KEY, b"m" * 16, datagram)
    assert isinstance(answer, Answer)
    assert answer.eta_min == 254


def test_a_number_that_does_not_fit_is_our_own_fault() -> None:
    with pytest.raises(struct.error):
        said(2**32, 0)


def test_every_stage_of_a_receipt_can_be_told() -> None:
    assert set(PROGRESS) == set(Stage)
    assert list(PROGRESS.values()) == sorted(PROGRESS.values())


def test_a_first_message_is_told_from_a_repeated_one() -> None:
    first = decode_message(KEY, QUESTIONS["a panic, with all details"])
    again = decode_message(KEY, QUESTIONS["the same panic, sent again"])
    assert isinstance(first, Message)
    assert isinstance(again, Message)
    assert (first.is_repeated, again.is_repeated) == (False, True)

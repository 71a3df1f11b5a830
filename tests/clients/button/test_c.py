"""The C implementation, compiled here and called from Python: with the vectors, and with chance."""

import ctypes
import hashlib
import hmac
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import clients.button
from protocol.button.message import (
    ANSWER_BYTES,
    MESSAGE_BYTES,
    Answer,
    Challenge,
    Message,
    Progress,
    decode_message,
    encode_answer,
    tag_of,
)
from tests.protocol.button.vectors import DEVICE_ID, KEY, QUESTIONS, VECTORS, name_of

SOURCES = Path(clients.button.__file__).with_name("c")
STRICT = ("-std=c99", "-O2", "-Wall", "-Wextra", "-Wconversion", "-pedantic", "-Werror")
CHECKED = ("-fsanitize=undefined", "-fno-sanitize-recover=all")


class CMessage(ctypes.Structure):
    """`struct cb_message`."""

    _fields_ = [
        ("type", ctypes.c_uint8),
        ("boot", ctypes.c_uint32),
        ("sequence", ctypes.c_uint32),
        ("salt", ctypes.c_uint32),
        ("press_boot", ctypes.c_uint32),
        ("press_sequence", ctypes.c_uint32),
        ("kind", ctypes.c_uint8),
        ("battery_percent", ctypes.c_uint8),
        ("pressed_at_ms", ctypes.c_uint64),
        ("lat_e7", ctypes.c_int32),
        ("lon_e7", ctypes.c_int32),
        ("accuracy_m", ctypes.c_uint16),
    ]


class CAnswer(ctypes.Structure):
    """`struct cb_answer`."""

    _fields_ = [
        ("progress", ctypes.c_uint8),
        ("sequence", ctypes.c_uint32),
        ("stored", ctypes.c_bool),
        ("cancel_answered", ctypes.c_bool),
        ("eta_min", ctypes.c_uint8),
        ("value", ctypes.c_uint64),
    ]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed: the button's C code was not tried")
    built = tmp_path_factory.mktemp("c") / "button.so"
    sources = sorted(SOURCES.glob("*.c"))
    subprocess.run(
        ["gcc", *STRICT, *CHECKED, "-shared", "-fPIC", "-o", built, *sources], check=True
    )
    loaded = ctypes.CDLL(str(built))
    loaded.cb_decode.restype = ctypes.c_bool
    loaded.cb_decode.argtypes = (
        *(ctypes.c_char_p,) * 3,
        ctypes.c_size_t,
        ctypes.POINTER(CAnswer),
    )
    return loaded


def encoded(library: ctypes.CDLL, message: CMessage) -> bytes:
    tag, datagram = ctypes.create_string_buffer(8), ctypes.create_string_buffer(MESSAGE_BYTES)
    library.cb_tag(DEVICE_ID.encode(), tag)
    library.cb_encode(KEY, tag, ctypes.byref(message), datagram)
    return datagram.raw


def decoded(library: ctypes.CDLL, question: bytes, datagram: bytes) -> CAnswer | None:
    answer = CAnswer()
    if library.cb_decode(KEY, question, datagram, len(datagram), ctypes.byref(answer)):
        return answer
    return None


def test_the_tag_of_the_vectors(library: ctypes.CDLL) -> None:
    tag = ctypes.create_string_buffer(8)
    library.cb_tag(DEVICE_ID.encode(), tag)
    assert tag.raw.hex() == VECTORS["tag"]


@pytest.mark.parametrize("vector", VECTORS["messages"], ids=name_of)
def test_a_message_of_the_vectors(library: ctypes.CDLL, vector: dict[str, Any]) -> None:
    assert encoded(library, CMessage(**vector["fields"])).hex() == vector["bytes"]


@pytest.mark.parametrize("vector", VECTORS["answers"], ids=name_of)
def test_an_answer_of_the_vectors(library: ctypes.CDLL, vector: dict[str, Any]) -> None:
    answer = decoded(library, QUESTIONS[vector["question"]], bytes.fromhex(vector["bytes"]))
    assert answer is not None
    fields = vector["fields"]
    assert answer.progress == fields["answer"]
    assert (answer.stored, answer.cancel_answered) == (
        bool(fields["flags"] & 1),
        bool(fields["flags"] & 2),
    )
    for name in ("sequence", "eta_min", "value"):
        assert getattr(answer, name) == fields[name]


@given(data=st.data())
def test_what_c_writes_is_read_here(library: ctypes.CDLL, data: st.DataObject) -> None:
    def number(bits: int) -> int:
        return data.draw(st.integers(0, 2**bits - 1))

    written = CMessage(
        type=data.draw(st.integers(1, 2)),
        boot=number(32),
        sequence=number(32),
        salt=number(32),
        press_boot=number(32),
        press_sequence=data.draw(st.integers(1, 2**32 - 1)),
        kind=data.draw(st.integers(1, 6)),
        battery_percent=data.draw(st.integers(0, 100)),
        pressed_at_ms=data.draw(st.integers(1, 253_402_300_799_999)),
        lat_e7=data.draw(st.integers(-900_000_000, 900_000_000)),
        lon_e7=data.draw(st.integers(-1_800_000_000, 1_800_000_000)),
        accuracy_m=data.draw(st.integers(0, 65_534)),
    )
    message = decode_message(KEY, encoded(library, written))
    assert isinstance(message, Message)
    assert message.position is not None
    assert (message.tag, message.type, message.salt) == (
        tag_of(DEVICE_ID),
        written.type,
        written.salt,
    )
    assert message.counter == written.boot << 32 | written.sequence
    assert message.press == written.press_boot << 32 | written.press_sequence
    assert message.battery_percent == written.battery_percent
    assert message.pressed_at_ms == written.pressed_at_ms
    assert round(message.position.lat * 1e7) == written.lat_e7
    assert round(message.position.lon * 1e7) == written.lon_e7
    assert message.position.accuracy_m == written.accuracy_m


answers: list[Callable[[], Answer | Challenge]] = [
    lambda: Answer(Progress.ACCEPTED, 7, 1_795_227_247_250, stored=True, eta_min=4),
    lambda: Challenge(7, 1_795_227_247),
]


@pytest.mark.parametrize("make", answers)
@given(bit=st.integers(0, 8 * ANSWER_BYTES - 1), size=st.integers(0, 2 * ANSWER_BYTES))
def test_c_believes_no_changed_answer(
    library: ctypes.CDLL, make: Callable[[], Answer | Challenge], bit: int, size: int
) -> None:
    question = QUESTIONS["a panic, with all details"]
    datagram = encode_answer(KEY, question[-16:], make())
    assert decoded(library, question, datagram) is not None
    changed = (int.from_bytes(datagram) ^ 1 << bit).to_bytes(ANSWER_BYTES)
    assert decoded(library, question, changed) is None
    assert decoded(library, QUESTIONS["the same panic, sent again"], datagram) is None
    if size != ANSWER_BYTES:
        assert decoded(library, question, (datagram * 2)[:size]) is None


@given(data=st.binary(max_size=300))
def test_its_hash_is_sha_256(library: ctypes.CDLL, data: bytes) -> None:
    hash_, digest = ctypes.create_string_buffer(112), ctypes.create_string_buffer(32)
    library.sha256_begin(hash_)
    library.sha256_add(hash_, data, ctypes.c_size_t(len(data)))
    library.sha256_end(hash_, digest)
    assert digest.raw == hashlib.sha256(data).digest()
    library.hmac_begin(hash_, KEY)
    library.sha256_add(hash_, data, ctypes.c_size_t(len(data)))
    library.hmac_end(hash_, KEY, digest)
    assert digest.raw == hmac.digest(KEY, data, "sha256")

"""How devices are wired: read strictly, sealed well, opened by whoever has the key alone."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.wiring import (
    SEALED_MAX_BYTES,
    BadWiring,
    Button,
    Camera,
    CannotOpen,
    Shelly,
    SiaDc09,
    misfit,
    open_sealed,
    read_wiring,
    seal,
)
from protocol.vocabulary import Role

KEY = bytes(range(64))
PANEL = SiaDc09("1234", "0123456789ABCDEF" * 2)
CAMERA = Camera("http://192.0.2.8/snap.jpg", user="u", password="hunter2")


@pytest.mark.parametrize(
    "wiring",
    [
        PANEL,
        SiaDc09("ABC", clock_offset_s=-18_000),
        Button("0f" * 32),
        Shelly("http://192.0.2.7", switch=1),
        CAMERA,
    ],
)
def test_what_was_sealed_is_opened_by_its_key_for_its_device(wiring):
    box = seal(wiring, KEY, "d-1")
    assert open_sealed(box, KEY, "d-1") == wiring
    assert seal(wiring, KEY, "d-1") == box  # imported again, nothing has changed
    assert seal(wiring, KEY, "d-2") != box
    with pytest.raises(CannotOpen, match="another secret"):
        open_sealed(box, KEY[::-1], "d-1")
    with pytest.raises(CannotOpen, match="another device"):
        open_sealed(box, KEY, "d-2")


@given(st.data())
def test_an_altered_box_does_not_open(data):
    box = seal(CAMERA, KEY, "d-1")
    at = data.draw(st.integers(0, len(box) - 1))
    other = data.draw(st.integers(1, 255))
    altered = box[:at] + bytes([box[at] ^ other]) + box[at + 1 :]
    with pytest.raises(CannotOpen):
        open_sealed(altered, KEY, "d-1")


@pytest.mark.parametrize("box", [b"", b"\x01", b"\x01" + bytes(16), b"\x02" + bytes(64)])
def test_what_is_no_box_does_not_open(box):
    with pytest.raises(CannotOpen):
        open_sealed(box, KEY, "d-1")


def test_the_largest_one_fits():
    largest = Camera("http://" + "u" * 293, True, "ñ" * 64, "\U0001f6a8" * 64)
    assert len(seal(largest, KEY, "d" * 64)) <= SEALED_MAX_BYTES


@pytest.mark.parametrize(
    ("wiring", "field"),
    [
        ({"protocol": "x10"}, r"\$\.protocol"),
        ({"url": "http://a"}, "protocol"),
        ({"protocol": "sia_dc09", "account": "12"}, r"\$\.account"),
        ({"protocol": "sia_dc09", "account": "XYZ"}, r"\$\.account"),
        ({"protocol": "sia_dc09", "account": "123", "key_hex": "00" * 20}, r"\$\.key_hex"),
        ({"protocol": "button", "key_hex": "hunter2"}, r"\$\.key_hex"),
        ({"protocol": "button"}, "key_hex"),
        ({"protocol": "shelly", "url": "file:///etc/passwd"}, r"\$\.url"),
        ({"protocol": "shelly", "url": "http://a", "switch": 16}, r"\$\.switch"),
        ({"protocol": "camera", "url": "http://a b"}, r"\$\.url"),
        ({"protocol": "camera", "url": "http://a", "pasword": "hunter2"}, "pasword"),
        ({"protocol": "camera", "url": "http://a", "password": "hunter2\n"}, r"\$\.password"),
    ],
)
def test_what_is_wrong_is_named_and_not_quoted(wiring, field):
    with pytest.raises(BadWiring, match=field) as refused:
        read_wiring(json.dumps(wiring).encode())
    assert "hunter2" not in str(refused.value)


def test_what_is_no_json_is_said():
    with pytest.raises(BadWiring, match="truncated"):
        read_wiring(b"{")


def test_a_device_is_wired_as_what_it_is():
    assert misfit(CAMERA, Role.CAMERA) == ""
    assert misfit(PANEL, Role.BUTTON) == ""
    assert misfit(CAMERA, Role.SIREN) == "wiring `camera` is for a camera, not for this siren"


def test_keys_and_passwords_are_not_printed():
    assert "hunter2" not in f"{CAMERA!r} {CAMERA}"
    assert "0123" not in repr(PANEL)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.sia_dc09.bounds import BODY_BYTES_MAX, FRAME_BYTES_MAX
from protocol.sia_dc09.faults import Fault, Reason
from protocol.sia_dc09.frame import Frame, read_frame, write_frame
from protocol.sia_dc09.header import Header, write_header

from .strategies import headers
from .vectors import ACK, DUH, MESSAGES, NAK, Vector

PRESS = Header("SIA-DCS", 44, "1234")
RAW = b'\n34E4003A"SIA-DCS"0044L0#1234[#1234|Nri1/PA003]_12:34:58,10-15-2026\r'


@pytest.mark.parametrize("vector", [*MESSAGES, ACK, DUH, NAK], ids=lambda it: it.text[:18])
def test_frames_that_were_seen_come_back_byte_by_byte(vector: Vector) -> None:
    frame = read_frame(vector.frame)
    assert isinstance(frame, Frame)
    assert write_frame(frame) == vector.frame


@given(headers(st.just("NULL")), st.binary(max_size=100))
def test_any_frame_comes_back(header: Header, body: bytes) -> None:
    frame = Frame(header, body)
    assert read_frame(write_frame(frame)) == frame


def test_the_crc_may_be_in_small_letters() -> None:
    assert read_frame(RAW.replace(b"34E4003A", b"34e4003a")) == read_frame(RAW)


def test_the_crc_may_be_two_bytes() -> None:
    assert read_frame(RAW.replace(b"34E4", b"\x34\xe4")) == read_frame(RAW)


BROKEN = {
    Reason.NO_FRAME: [b"", b"\n", b"\r", RAW[1:], RAW[:-1], RAW + b"\0", b"\nG" + RAW[2:], b"\n\r"],
    Reason.BAD_LENGTH: [
        RAW.replace(b"003A", b"003B"),
        RAW.replace(b"003A", b"0000"),
        RAW.replace(b"PA003", b"PA03"),
    ],
    Reason.BAD_CRC: [RAW.replace(b"PA003", b"BA003"), RAW.replace(b"34E4", b"E434")],
}


@pytest.mark.parametrize("raw", BROKEN[Reason.NO_FRAME])
def test_what_is_no_frame(raw: bytes) -> None:
    assert read_frame(raw) == Fault(Reason.NO_FRAME)


@pytest.mark.parametrize("raw", BROKEN[Reason.BAD_LENGTH])
def test_a_wrong_length(raw: bytes) -> None:
    assert read_frame(raw) == Fault(Reason.BAD_LENGTH)


@pytest.mark.parametrize("raw", BROKEN[Reason.BAD_CRC])
def test_a_wrong_crc(raw: bytes) -> None:
    assert read_frame(raw) == Fault(Reason.BAD_CRC)


def test_a_wrong_header_is_not_answered_to() -> None:
    good = write_frame(Frame(Header("NULL", 1, "123", prefix="G"), b"]"))
    assert read_frame(good) == Fault(Reason.BAD_HEADER)


def test_the_longest_frame() -> None:
    room = BODY_BYTES_MAX - len(write_header(PRESS))
    longest = write_frame(Frame(PRESS, b"x" * room))
    assert len(longest) == FRAME_BYTES_MAX
    assert isinstance(read_frame(longest), Frame)
    with pytest.raises(ValueError, match="4096 bytes long; it holds 4095"):
        write_frame(Frame(PRESS, b"x" * (room + 1)))

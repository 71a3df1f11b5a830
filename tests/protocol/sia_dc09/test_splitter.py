"""However TCP cuts and joins, the same frames come out, and nothing is held that is not needed."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.sia_dc09.bounds import FRAME_BYTES_MAX
from protocol.sia_dc09.frame import Frame, read_frame
from protocol.sia_dc09.splitter import Splitter, split_datagram

from .vectors import ACK, MESSAGES, NAK

FRAMES = [vector.frame for vector in (*MESSAGES, ACK, NAK)]
PRESS = FRAMES[9]
NULL = FRAMES[5]
WITH_BINARY_CRC = [
    # Its CRC holds LF and CR, one of them alone, or a quote; the text is of no matter here.
    b"\n" + crc + b'0010"NULL"0001L0#123\r'
    for crc in (b"\n\r", b"\r\n", b"\n\n", b'""', b"\0\0", b"00")
]
# Bytes that begin, end or look like a frame come more often than chance would have it.
noise = st.lists(
    st.sampled_from([b"\n", b"\r", b'"', b"\0", b"0", b"\n34E4003A", PRESS[:40], PRESS[20:]])
    | st.binary(max_size=12),
    max_size=8,
).map(b"".join)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    at = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in pairwise(at)]


def fed(chunks: list[bytes]) -> tuple[list[bytes], Splitter]:
    splitter = Splitter()
    return [frame for chunk in chunks for frame in splitter.feed(chunk)], splitter


@given(
    st.lists(st.sampled_from([*FRAMES, *WITH_BINARY_CRC]) | noise, max_size=6).map(b"".join),
    st.lists(st.integers(0, 10_000), max_size=12),
)
def test_the_cuts_make_no_difference(stream: bytes, cuts: list[int]) -> None:
    whole, one = fed([stream])
    in_pieces, other = fed(pieces(stream, cuts))
    by_byte, third = fed([bytes([byte]) for byte in stream])
    assert whole == in_pieces == by_byte
    assert one.dropped_bytes == other.dropped_bytes == third.dropped_bytes
    assert one.held_bytes == other.held_bytes == third.held_bytes <= FRAME_BYTES_MAX


@given(
    st.lists(st.sampled_from([*FRAMES, *WITH_BINARY_CRC]), max_size=6),
    st.sampled_from([b"", b"\0"]),
)
def test_every_frame_comes_out_as_it_went_in(frames: list[bytes], after: bytes) -> None:
    out, splitter = fed([b"".join(frame + after for frame in frames)])
    assert out == frames
    assert (splitter.dropped_bytes, splitter.held_bytes) == (0, 0)


@given(noise.map(lambda junk: junk.replace(b"\n", b"")), st.sampled_from(FRAMES))
def test_noise_before_a_frame_costs_nothing(junk: bytes, frame: bytes) -> None:
    assert fed([junk + frame])[0] == [frame]


@pytest.mark.parametrize("frame", WITH_BINARY_CRC)
def test_noise_before_a_frame_does_not_cut_it_at_a_cr_of_its_crc(frame: bytes) -> None:
    for noise_bytes in range(2 * len(frame)):
        assert fed([b"\0" * noise_bytes + frame])[0] == [frame]


@given(noise, st.lists(st.sampled_from(FRAMES), min_size=1, max_size=3))
def test_after_any_noise_the_frames_of_the_next_minute_are_read(
    junk: bytes, frames: list[bytes]
) -> None:
    # At most the first one may run into what the noise began.
    out, _ = fed([junk, *frames])
    assert [frame for frame in out if isinstance(read_frame(frame), Frame)][
        -len(frames) :
    ] == frames


def test_a_frame_that_was_cut_off_does_not_take_the_next_one_along() -> None:
    assert fed([PRESS[:30] + NULL])[0] == [NULL]


@pytest.mark.parametrize("length", [b"0039", b"003B", b"0FFF", b"0000"])
def test_a_frame_of_a_wrong_length_comes_out_to_be_judged(length: bytes) -> None:
    wrong = PRESS.replace(b"003A", length)
    assert fed([wrong + PRESS])[0] == [wrong, PRESS]


def test_what_never_ends_is_not_kept() -> None:
    splitter = Splitter()
    for _ in range(100):
        assert splitter.feed(PRESS[:-1] + b"x" * 1000) == []
        assert splitter.held_bytes <= FRAME_BYTES_MAX
    for _ in range(10):
        assert splitter.feed(b"x" * FRAME_BYTES_MAX) == []
    assert splitter.held_bytes == 0
    assert splitter.feed(PRESS) == [PRESS]


def test_nul_after_cr_is_no_noise() -> None:
    out, splitter = fed([PRESS + b"\0\0" + PRESS + b"\0"])
    assert out == [PRESS, PRESS]
    assert splitter.dropped_bytes == 0
    splitter.feed(b"HTTP/1.1 \0")
    assert splitter.dropped_bytes == 9


def test_a_datagram() -> None:
    assert split_datagram(PRESS + b"\0") == [PRESS]
    assert split_datagram(PRESS + NULL) == [PRESS, NULL]
    assert split_datagram(PRESS[:-1]) == []

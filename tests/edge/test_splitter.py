"""Whatever comes, in whatever pieces: with the splitter in front, the parser reads what it read."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import BINARY, CLOSE, CONT, PING, TEXT, Frame, Opcode
from websockets.protocol import Protocol, Side

from dispatch.edge.splitter import Splitter, joined
from protocol import MAX_FRAME_BYTES

KINDS = st.sampled_from([TEXT, TEXT, TEXT, BINARY, CONT])

messages = st.builds(
    Frame, opcode=KINDS, data=st.binary(max_size=200), fin=st.sampled_from([True, True, False])
)
pings = st.builds(Frame, opcode=st.just(PING), data=st.binary(max_size=125))
frames = messages | pings


def wire(frame: Frame, *, masked: bool = True) -> bytes:
    return frame.serialize(mask=masked)


def server() -> Protocol:
    return Protocol(Side.SERVER, max_size=MAX_FRAME_BYTES)


def read_whole(data: bytes) -> tuple[list[Frame], int | None]:
    """What the parser alone makes of it, and the code with which it fails."""
    parser = server()
    parser.receive_data(data)
    return _heard(parser)


def read_split(chunks: Iterator[bytes]) -> tuple[list[Frame], int | None]:
    """What comes out behind a splitter."""
    parser, splitter = server(), Splitter()
    events: list[Frame] = []
    for chunk in chunks:
        for is_text, data in splitter.split(chunk):
            if not is_text:
                parser.receive_data(data)
                events += parser.events_received()  # type: ignore[arg-type]
            elif parser.parser_exc is None:
                events.append(Frame(TEXT, data))
    return events, _failure(parser)


def _heard(parser: Protocol) -> tuple[list[Frame], int | None]:
    events: Any = parser.events_received()
    return list(events), _failure(parser)


def _failure(parser: Protocol) -> int | None:
    sent = parser.close_sent
    return None if sent is None else sent.code


def cut(data: bytes, at: list[int]) -> Iterator[bytes]:
    edges = sorted({0, len(data), *(each % (len(data) + 1) for each in at)})
    return (data[start:end] for start, end in pairwise(edges))


def same(ours: list[Frame], theirs: list[Frame]) -> None:
    plain = [(frame.opcode, bytes(frame.data), frame.fin) for frame in ours]
    assert plain == [(frame.opcode, bytes(frame.data), frame.fin) for frame in theirs]


@given(st.lists(frames, max_size=8), st.lists(st.integers(0, 10_000), max_size=8))
def test_frames_cut_anywhere_are_read_the_same(sent: list[Frame], at: list[int]) -> None:
    data = b"".join(wire(frame) for frame in sent)
    events, failure = read_split(cut(data, at))
    expected, expected_failure = read_whole(data)
    same(events, expected)
    assert failure == expected_failure


@given(st.binary(max_size=300), st.lists(st.integers(0, 10_000), max_size=8))
def test_noise_is_refused_as_before_at_the_latest_when_its_frame_is_whole(
    data: bytes, at: list[int]
) -> None:
    events, failure = read_split(cut(data, at))
    expected, expected_failure = read_whole(data)
    same(events, expected)
    assert failure in (expected_failure, None)
    rest = bytes(MAX_FRAME_BYTES + 20)
    _, failure = read_split(iter([data, rest]))
    assert failure is not None
    assert expected_failure in (failure, None)


@given(st.integers(0, 70_000))
def test_the_longest_frame_passes_and_a_longer_one_is_refused_by_its_header(size: int) -> None:
    data = wire(Frame(TEXT, b"x" * size))
    events, failure = read_split(iter([data[:20], data[20:]]))
    assert (len(events), failure) == ((1, None) if size <= MAX_FRAME_BYTES else (0, 1009))


def test_a_frame_without_mask_is_the_parsers_to_refuse() -> None:
    _, failure = read_split(iter([wire(Frame(TEXT, b"{}"), masked=False)]))
    assert failure == 1002


def test_a_text_amid_fragments_is_the_parsers_to_refuse() -> None:
    begun = wire(Frame(TEXT, b"{", fin=False)) + wire(Frame(PING, b""))
    events, failure = read_split(iter([begun, wire(Frame(TEXT, b"{}"))]))
    assert [frame.opcode for frame in events] == [Opcode.TEXT, Opcode.PING]
    assert failure == 1002


def test_after_fragments_are_whole_texts_are_read_at_once_again() -> None:
    splitter = Splitter()
    splitter.split(wire(Frame(TEXT, b"{", fin=False)) + wire(Frame(CONT, b"}")))
    assert splitter.split(wire(Frame(TEXT, b"{}"))) == [(True, b"{}")]


def test_it_holds_no_more_than_a_frame() -> None:
    splitter = Splitter()
    longest = wire(Frame(TEXT, b"x" * MAX_FRAME_BYTES))
    assert splitter.split(longest[:-1]) == []
    assert splitter.split(longest[-1:]) == [(True, b"x" * MAX_FRAME_BYTES)]
    assert splitter.split(wire(Frame(CLOSE, b"\x03\xe8")))[0].is_text is False


@given(st.lists(st.tuples(messages, st.lists(pings, max_size=2))))
def test_fragments_are_joined_whatever_is_between(said: list[tuple[Frame, list[Frame]]]) -> None:
    expected, begun = list[bytes](), b""
    heard, fragments = list[bytes](), b""
    for frame, between in said:
        for each in (frame, *between):
            whole, fragments = joined(fragments, each)
            heard += [] if whole is None else [whole]
        if frame.opcode in (TEXT, CONT):
            begun = frame.data if frame.opcode is TEXT else begun + frame.data
            if frame.fin:
                expected, begun = [*expected, begun], b""
    assert (heard, fragments) == (expected, begun)

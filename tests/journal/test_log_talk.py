"""What a core and the process of its log say to each other is read as it was written."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.entry import Entry
from dispatch.journal.faults import Failure, Reason
from dispatch.journal.log_talk import (
    Answered,
    Append,
    Asked,
    Compact,
    Distrust,
    Drained,
    Lines,
    Opened,
    Refused,
    Stored,
    Told,
    Unpacker,
    line_of,
    pack,
)
from dispatch.journal.status import Condition, LogState

NUMBERS = st.integers(0, 2**63 - 1)
TEXTS = st.text(max_size=20)
REASONS = st.sampled_from(Reason)
STATES = st.builds(
    LogState,
    st.sampled_from(Condition),
    st.none() | REASONS,
    NUMBERS,
    TEXTS,
    NUMBERS,
    NUMBERS,
)
ENTRIES = st.builds(
    Entry,
    kind=TEXTS,
    at_ms=NUMBERS,
    reason=TEXTS,
    device_id=st.none() | TEXTS,
    alert_id=st.none() | TEXTS,
    person_id=st.none() | TEXTS,
    took_ms=st.none() | NUMBERS,
    version=NUMBERS,
    is_open=st.booleans(),
    state=st.none() | st.binary(max_size=300),
    view=st.none() | st.binary(max_size=300),
)
ASKED: st.SearchStrategy[Asked] = st.one_of(
    st.builds(Append, NUMBERS, st.lists(ENTRIES, max_size=3).map(tuple)),
    st.builds(Drained, NUMBERS),
    st.builds(Compact, NUMBERS),
    st.builds(Distrust, TEXTS, REASONS),
)
ANSWERED: st.SearchStrategy[Answered] = st.one_of(
    st.builds(Stored, NUMBERS),
    st.builds(Failure, REASONS, NUMBERS, NUMBERS, TEXTS),
    st.builds(Refused, TEXTS),
    st.builds(Opened, TEXTS, NUMBERS),
    st.builds(Told, TEXTS, NUMBERS, STATES),
)
CUTS = st.lists(st.integers(0, 2_000), max_size=20)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """What comes out of a socket: the same bytes, in other pieces."""
    at = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    return [data[start:end] for start, end in pairwise(at)]


@given(st.lists(ASKED, max_size=4), CUTS)
def test_what_is_asked_comes_out_however_it_is_cut(asked: list[Asked], cuts: list[int]) -> None:
    unpacker = Unpacker()
    data = b"".join(map(pack, asked))
    assert [each for piece in pieces(data, cuts) for each in unpacker.feed(piece)] == asked


@given(st.lists(ANSWERED, max_size=6), CUTS)
def test_what_is_answered_comes_out_however_it_is_cut(
    answered: list[Answered], cuts: list[int]
) -> None:
    lines = Lines()
    data = b"".join(map(line_of, answered))
    assert [each for piece in pieces(data, cuts) for each in lines.feed(piece)] == answered


@given(ANSWERED)
def test_an_answer_is_one_line(answered: Answered) -> None:
    assert line_of(answered).index(b"\n") == len(line_of(answered)) - 1


@given(ASKED)
def test_nothing_comes_out_before_it_is_whole(asked: Asked) -> None:
    unpacker = Unpacker()
    data = pack(asked)
    for at in range(len(data) - 1):
        assert unpacker.feed(data[at : at + 1]) == []
    assert unpacker.feed(data[-1:]) == [asked]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xc1",  # no MessagePack at all
        msgspec.msgpack.encode(["append"]),
        msgspec.msgpack.encode(["append", 1, [{"kind": 7, "at_ms": 1}]]),
        msgspec.msgpack.encode(["drained", "soon"]),
        msgspec.msgpack.encode(["distrust", "journal.sqlite", "dislike"]),
        msgspec.msgpack.encode(["another"]),
        msgspec.msgpack.encode(["drained", 1]) + b"\x00",
    ],
)
def test_rubbish_that_is_asked_raises(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        Unpacker().feed(len(body).to_bytes(4, "little") + body)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"Traceback (most recent call last):",
        b"{}",
        b'{"type":"stored"}',
        b'{"type":"stored","seq":"7"}',
        b'{"type":"failed","reason":"mood","first_seq":1,"last_seq":1,"detail":""}',
        b'{"type":"another"}',
    ],
)
def test_rubbish_that_is_answered_raises(line: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        Lines().feed(line + b"\n")

"""What a core and its drain say to each other is read as it was written."""

import msgspec
import pytest

from dispatch.journal.drain_talk import (
    Begin,
    DrainStatus,
    FoundDamaged,
    Said,
    decode_begin,
    decode_said,
    decode_stored_seq,
    line_of,
)
from dispatch.journal.faults import Reason


def test_the_beginning_is_read_as_it_was_written() -> None:
    begin = Begin("postgresql://x@/y", "/var/journal.sqlite", "7d9f", 3, 9, is_urgent=True)
    assert decode_begin(line_of(begin)) == begin


@pytest.mark.parametrize(
    "said",
    [DrainStatus(5, 2, 0.5, 1, "no_answer: no answer\nwithin 5 s"), FoundDamaged("j", Reason.LOST)],
)
def test_what_a_drain_says_is_one_line(said: Said) -> None:
    line = line_of(said)
    assert line.count(b"\n") == 1
    assert decode_said(line) == said


def test_how_far_the_log_is_is_a_number() -> None:
    assert decode_stored_seq(line_of(7)) == 7
    with pytest.raises(msgspec.ValidationError):
        decode_stored_seq(b'"7"\n')

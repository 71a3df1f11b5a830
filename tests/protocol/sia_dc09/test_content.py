import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.sia_dc09.content import Content, read_content, write_content
from protocol.sia_dc09.timestamp import write_timestamp

from .strategies import parts, times_s


@given(parts, st.lists(parts, max_size=4), st.none() | times_s.map(write_timestamp))
def test_the_parts_come_back(data: bytes, extended: list[bytes], timestamp: bytes | None) -> None:
    content = Content(data, tuple(extended), timestamp)
    assert read_content(write_content(content)) == content


@given(st.binary(max_size=200))
def test_whatever_stands_there_every_byte_is_kept(text: bytes) -> None:
    content = read_content(text)
    if content is None:
        assert b"]" not in text
        return
    extended = b"".join(b"[%b]" % field for field in content.extended)
    stamp = b"" if content.timestamp is None else b"_" + content.timestamp
    assert content.data + b"]" + extended + content.rest + stamp == text


def test_a_bracket_in_a_text_does_not_cost_the_data() -> None:
    content = read_content(b"#123|NPA1^Zone [3]^][I1]_12:34:56,10-15-2026")
    assert content == Content(b"#123|NPA1^Zone [3", (), b"12:34:56,10-15-2026", rest=b"^][I1]")


@pytest.mark.parametrize("part", [b"[", b"]", b"\r", b"\n"])
def test_what_cannot_be_written(part: bytes) -> None:
    for content in (Content(part), Content(b"", (part,))):
        with pytest.raises(ValueError, match="cannot be written in a message"):
            write_content(content)


def test_brackets_without_end_are_read() -> None:
    assert read_content(b"]" + b"_[" * 2000) == Content(b"", rest=b"_[" * 2000)
    assert read_content(b"]" + b"[a]" * 1300 + b"[") == Content(b"", (b"a",) * 1300, rest=b"[")

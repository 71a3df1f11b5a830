import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.messages import Position
from protocol.sia_dc09.bounds import TEXT_CHARS_MAX
from protocol.sia_dc09.extended import (
    Details,
    read_details,
    read_position,
    read_text,
    write_position,
)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_place_comes_back_to_the_millimetre(lat: float, lon: float) -> None:
    read = read_details(write_position(Position(lat=lat, lon=lon)))
    assert read.position is not None
    assert abs(read.position.lat - lat) < 1e-8
    assert abs(read.position.lon - lon) < 1e-8
    assert read.unread == ()


def test_a_place_as_the_standard_writes_it() -> None:
    place = read_position(b"49N06.6666666", b"006W07.5")
    assert place == Position(lat=49 + 6.6666666 / 60, lon=-(6 + 7.5 / 60))


@pytest.mark.parametrize(
    ("y", "x"),
    [
        (b"", b""),
        (b"49N06.6", b""),
        (b"006E07.7", b"49N06.6"),
        (b"91N00.0", b"006E07.7"),
        (b"90N00.1", b"006E07.7"),
        (b"49N60.0", b"006E07.7"),
        (b"49N06.6", b"181E00.0"),
        (b"49N-6.6", b"006E07.7"),
        (b"49.1", b"6.2"),
        (b"nanN06", b"006E07"),
    ],
)
def test_what_is_no_place_is_kept_unread(y: bytes, x: bytes) -> None:
    read = read_details((b"X" + x, b"Y" + y, b"IKitchen"))
    assert read == Details(alarm_text="Kitchen", unread=(b"X" + x, b"Y" + y))


def test_all_that_is_read() -> None:
    fields = (
        b"H13:59:58,12-31-2012",
        b"I2nd Floor West PIR",
        b"L3rd Floor Hallway",
        b"Vhttp://verify.example/34AC",
        b"M0026b9e4268b",
        b"Q1",
        b"",
        b"IAgain",
    )
    assert read_details(fields) == Details(
        occurred_at_s=1_356_962_398,
        alarm_text="2nd Floor West PIR",
        location="3rd Floor Hallway",
        verification_url="http://verify.example/34AC",
        mac_address="0026b9e4268b",
        unread=(b"Q1", b"", b"IAgain"),
    )
    assert read_details((b"Hyesterday",)) == Details(unread=(b"Hyesterday",))


def test_texts_are_read_as_panels_write_them() -> None:
    assert read_text("Cocina del señor Ñ".encode()) == "Cocina del señor Ñ"
    assert read_text("Cocina del señor Ñ".encode("cp1252")) == "Cocina del señor Ñ"
    assert read_text(b"a\0b\x1b[2J\r\n") == "a b [2J"


@given(st.lists(st.binary(max_size=300), max_size=5))
def test_any_fields_are_read(fields: list[bytes]) -> None:
    read = read_details(fields)
    for text in (read.alarm_text, read.location, read.verification_url, read.mac_address):
        assert len(text) <= TEXT_CHARS_MAX
        assert text.isprintable()

import pytest
from hypothesis import given

from protocol.sia_dc09.timestamp import Window, read_timestamp, write_timestamp

from .strategies import times_s


def test_a_time_is_read_as_utc() -> None:
    assert read_timestamp(b"00:00:01,01-01-1970") == 1
    assert read_timestamp(b"12:34:56,10-15-2026") == 1_792_067_696
    assert write_timestamp(1_792_067_696.9) == b"12:34:56,10-15-2026"


@given(times_s)
def test_a_time_comes_back(at_s: int) -> None:
    assert read_timestamp(write_timestamp(at_s)) == at_s


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"25:00:00,01-01-2026",
        b"12:34:56,02-30-2026",
        b"12:34:56",
        b"\xff",
        b"12:34:56,10-15-2026 ",
    ],
)
def test_what_is_no_time(text: bytes) -> None:
    assert read_timestamp(text) is None


@pytest.mark.parametrize(
    ("late_s", "holds"), [(-41, False), (-40, True), (0, True), (20, True), (21, False)]
)
def test_the_window_of_the_standard(late_s: int, holds: bool) -> None:
    assert Window().holds(1_000_000 + late_s, 1_000_000) is holds


def test_a_window_can_be_widened_for_clocks_that_drift() -> None:
    assert Window(earliest_s=-3600, latest_s=3600).holds(0, 3000)


def test_a_panel_that_writes_local_time_for_utc() -> None:
    bogota = Window(clock_offset_s=-5 * 3600)
    assert bogota.in_utc(1_000) == 1_000 + 5 * 3600
    assert bogota.in_utc(None) is None
    assert bogota.holds(1_000_000 - 5 * 3600, 1_000_000)
    assert not bogota.holds(1_000_000, 1_000_000)

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.button.signal_id import signal_id_of
from protocol.messages import UUIDV7_PATTERN
from tests.protocol.button.vectors import VECTORS

device_ids = st.text("abcXYZ019._:-", min_size=1, max_size=64)
counters = st.integers(0, 2**64 - 1)
times = st.none() | st.integers(1, 253_402_300_799_999)


@pytest.mark.parametrize("vector", VECTORS["signal_ids"])
def test_a_name_of_the_vectors(vector: dict[str, Any]) -> None:
    press = vector["press_boot"] << 32 | vector["press_sequence"]
    named = signal_id_of(vector["device_id"], press, vector["pressed_at_ms"] or None)
    assert named == vector["signal_id"]


@given(device_ids, counters, times)
def test_a_name_is_one_that_the_server_takes(
    device_id: str, press: int, pressed_at_ms: int | None
) -> None:
    assert re.fullmatch(UUIDV7_PATTERN, signal_id_of(device_id, press, pressed_at_ms))


@given(st.tuples(device_ids, counters, times), st.tuples(device_ids, counters, times))
def test_two_presses_have_two_names(
    one: tuple[str, int, int | None], other: tuple[str, int, int | None]
) -> None:
    assert (signal_id_of(*one) == signal_id_of(*other)) is (one == other)

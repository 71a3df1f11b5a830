import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from bench.calls import ROWS, Calls, Round, Traffic, number_of, sender_of, signal_id, together
from protocol.messages import UUIDV7_PATTERN


@given(st.integers(1, 2**48 - 1), st.integers(0, 2**24 - 1), st.integers(0, 2**48 - 1))
def test_an_id_is_a_uuid_7_that_says_who_pressed_and_which_press_it_is(
    stamp_ms: int, sender: int, number: int
) -> None:
    made = signal_id(stamp_ms, sender, number)
    assert re.match(UUIDV7_PATTERN, made.decode())
    assert (sender_of(made), number_of(made)) == (sender, number)
    assert int(made.replace(b"-", b"")[:12], 16) == stamp_ms


def test_a_round_ends_when_its_last_press_is_due() -> None:
    assert Round(0, 1, 5, 1_000, 10).end_ns == 1_040
    assert Round(0, 1, 0, 1_000, 10).end_ns == 1_000


def test_what_several_saw_is_joined() -> None:
    def part(number: int) -> Calls:
        rows = {name: np.array([number]) for name in ROWS}
        return Calls(**rows, traffic=Traffic(said=1, reads=number), cpu_ns=7, surprises=["x"])

    both = together([part(1), part(2)])
    assert all(getattr(both, name).tolist() == [1, 2] for name in ROWS)
    assert both.traffic == Traffic(said=2, reads=3)
    assert (both.cpu_ns, both.surprises) == (14, ["x", "x"])

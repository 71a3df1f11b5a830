"""How long the event loop keeps everybody waiting."""

import asyncio
import time
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from dispatch.edge.bounds import PULSE_EVERY_S, PULSE_KEPT_S
from dispatch.edge.clock import read_clock
from dispatch.edge.pulse import Pulse
from tests.edge.town import PATIENCE_S, on_uvloop

BEATS = st.lists(
    st.tuples(st.floats(0.0, PULSE_KEPT_S), st.floats(0.0, 10.0)), min_size=1, max_size=50
)


@given(beats=BEATS, within_s=st.floats(0.0, PULSE_KEPT_S))
def test_the_worst_of_a_while_is_the_worst_of_its_beats(
    beats: list[tuple[float, float]], within_s: float
) -> None:
    pulse, now_s, felt = Pulse(), 0.0, []
    for after_s, lag_s in beats:
        now_s += after_s
        pulse.feel(lag_s, now_s)
        felt.append((now_s, lag_s))
    of_late = [lag_s for at_s, lag_s in felt if at_s >= now_s - within_s]
    assert pulse.worst_s(now_s, within_s) == max(of_late)


def test_before_the_first_beat_there_is_no_lag() -> None:
    assert Pulse().worst_s(1.0) == 0.0


@on_uvloop
async def test_whoever_holds_the_loop_is_felt() -> None:
    pulse, held_s = Pulse(), 20 * PULSE_EVERY_S
    pulse.start()
    await until(lambda: felt(pulse) > 0)
    until_s = time.monotonic() + held_s
    while time.monotonic() < until_s:
        pass
    await until(lambda: pulse.worst_s(read_clock().mono_s) >= held_s - PULSE_EVERY_S)
    pulse.stop()
    beats = felt(pulse)
    await asyncio.sleep(2 * PULSE_EVERY_S)
    assert felt(pulse) == beats, "it beats on after its end"


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)


def felt(pulse: Pulse) -> float:
    (family,) = pulse.lag_s.collect()
    return next(each.value for each in family.samples if each.name.endswith("_count"))

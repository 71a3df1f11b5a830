"""The clocks of the core process."""

import time

from dispatch.edge.clock import read_clock


def test_one_moment_has_both_clocks() -> None:
    before_s, before_ms = time.monotonic(), time.time_ns() // 1_000_000
    moment = read_clock()
    assert before_s <= moment.mono_s <= time.monotonic()
    assert before_ms <= moment.wall_ms <= time.time_ns() // 1_000_000

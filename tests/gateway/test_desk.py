import time

import trio
from trio.testing import MockClock

from dispatch.gateway.desk import read_clock


async def test_a_moment_is_the_loops_time_and_the_walls(autojump_clock: MockClock) -> None:
    before_ms = time.time_ns() // 1_000_000
    first = read_clock()
    await trio.sleep(1_000)
    then = read_clock()
    assert then.mono_s - first.mono_s == 1_000
    assert before_ms <= first.wall_ms <= then.wall_ms <= time.time_ns() // 1_000_000

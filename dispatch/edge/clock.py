"""The only place where the core process reads its clocks."""

import time

from dispatch.core.moment import Moment


def read_clock() -> Moment:
    """Return the monotonic and the wall clock as one moment."""
    return Moment(time.monotonic(), time.time_ns() // 1_000_000)

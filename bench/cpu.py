"""What processes take: processor time and memory."""

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import psutil

LOOK_EVERY_S: Final = 0.2
QUIET_SHARE: Final = 0.03
"""Of one core: what a server at rest takes for its own beats."""
PATIENCE_S: Final = 30.0


def cpu_ns(pids: Sequence[int]) -> int:
    """Processor time of whole processes, every thread, to the nanosecond.

    Linux gives every process a clock: clock_getcpuclockid(3) makes its id like this, and
    `/proc/PID/stat` counts in hundredths of a second. Raises `ProcessLookupError`.
    """
    try:
        return sum(time.clock_gettime_ns((~pid << 3) | 2) for pid in pids)
    except OSError as error:
        raise ProcessLookupError("a process that is measured has ended") from error


def memory_bytes(pids: Sequence[int]) -> int:
    """Memory that is only these processes' own."""
    return sum(int(psutil.Process(pid).memory_full_info().uss) for pid in pids)


def tree_cpu_ns(pid: int) -> int:
    """Processor time of a process and all that it started and that ended, in steps of 10 ms."""
    root = psutil.Process(pid)
    taken = root.cpu_times()
    total = taken.children_user + taken.children_system
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system
    return int(total * 1e9)


def rest(pids: Sequence[int]) -> bool:
    """Wait until the processes have nothing to do. False: they still have, after a good while."""
    give_up_s = time.monotonic() + PATIENCE_S
    taken_ns = cpu_ns(pids)
    while time.monotonic() < give_up_s:
        time.sleep(LOOK_EVERY_S)
        before_ns, taken_ns = taken_ns, cpu_ns(pids)
        if taken_ns - before_ns < QUIET_SHARE * LOOK_EVERY_S * 1e9:
            return True
    return False

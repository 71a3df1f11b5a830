import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from clients.demo import tether

WAIT_S = 20
WAITS = "import os, signal; print(os.getpid(), flush=True); signal.pause()"


@contextmanager
def tethered(code: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, str(Path(tether.__file__)), sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            with suppress(BrokenPipeError):
                process.stdin.close()  # type: ignore[union-attr]
            process.wait(WAIT_S)


def child_pid(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


def test_the_end_of_input_ends_the_command_in_order() -> None:
    orderly = (
        "import signal, sys\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))\n"
        "print(1, flush=True); signal.pause()"
    )
    with tethered(orderly) as process:
        child_pid(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(WAIT_S) == 7


@pytest.mark.parametrize("code", [0, 3])
def test_it_ends_as_the_command_ended(code: int) -> None:
    with tethered(f"raise SystemExit({code})") as process:
        assert process.wait(WAIT_S) == code


def test_ctrl_c_does_not_reach_the_command() -> None:
    with tethered(WAITS) as process:
        pid = child_pid(process)
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        assert os.getsid(pid) == pid
        assert process.poll() is None


@pytest.mark.skipif(sys.platform != "linux", reason="needs the kernel's PR_SET_PDEATHSIG")
def test_killed_itself_it_takes_the_command_along() -> None:
    with tethered(WAITS) as process:
        child_pid(process)
        process.kill()
        process.wait(WAIT_S)
        assert process.stdout is not None
        assert process.stdout.read() == b"", "end of file: the command holds its output no more"

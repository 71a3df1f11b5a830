"""Runs one command that must not outlive whoever started it.

    python -m clients.demo.tether COMMAND…

The command is asked to end (SIGTERM) when this process's standard input ends, which the kernel sees
to even if the other end is killed with -9. It has a session of its own, so that Ctrl-C on the
terminal reaches only the demo, which ends things in their order.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
from typing import Final, NoReturn

KILL_AFTER_S: Final = 45.0
"""Longer than the server takes to drain and to end its database."""
_PR_SET_PDEATHSIG: Final = 1


def main(command: list[str]) -> NoReturn:
    """Run the command and end as it ended."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with subprocess.Popen(  # noqa: S603 - running the given command is the purpose
        command,
        stdin=subprocess.DEVNULL,
        preexec_fn=_follow,  # noqa: PLW1509 - there is no thread yet
        start_new_session=True,
    ) as child:
        threading.Thread(target=_end_with_input, args=(child,), daemon=True).start()
        code = child.wait()
    # Not sys.exit: the thread may be in the middle of a read.
    os._exit(code if code >= 0 else 128 - code)


def _end_with_input(child: subprocess.Popen[bytes]) -> None:
    while os.read(0, 4096):
        pass
    child.terminate()
    try:
        child.wait(KILL_AFTER_S)
    except subprocess.TimeoutExpired:
        child.kill()


def _follow() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    if sys.platform == "linux":  # this process itself may be killed with -9
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


if __name__ == "__main__":
    main(sys.argv[1:])

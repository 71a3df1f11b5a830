"""Starting the process of a log. Light to import: the core starts it before all else."""

import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
COMMAND: Final = (sys.executable, "-m", "dispatch.journal.log_program")


@dataclass(frozen=True, slots=True)
class LogChild:
    """The process, and our end of the socket between us: with that closed, it ends."""

    process: "subprocess.Popen[bytes]"
    ours: socket.socket


def start_log(path: Path) -> LogChild:
    """Start the process of the log at `path`. Raises `OSError`."""
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own program
                [*COMMAND, str(path.absolute()), str(theirs.fileno())],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
            )
        except OSError:
            ours.close()
            raise
    return LogChild(process, ours)

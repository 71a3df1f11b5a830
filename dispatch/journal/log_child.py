"""Starting the process of a log. Light to import: the core starts it before all else."""

import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dispatch.journal.own_program import command, environment

COMMAND: Final = command("dispatch.journal.log_program")


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
                env=environment(),
            )
        except OSError:
            ours.close()
            raise
    return LogChild(process, ours)

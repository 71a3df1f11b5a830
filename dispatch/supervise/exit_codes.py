"""The exit codes of every Cuadrante process, and how an ended process is put into words."""

import signal
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """What a process says when it ends by itself."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONFIGURATION = 3
    DATABASE = 4
    GAVE_UP = 5


WORDS = {
    ExitCode.OK: "ok",
    ExitCode.FAILED: "failed, see the lines above",
    ExitCode.USAGE: "wrong use of the command line",
    ExitCode.CONFIGURATION: "configuration",
    ExitCode.DATABASE: "database",
    ExitCode.GAVE_UP: "gave up after repeated failures",
}

# A restart reads the same command line and the same settings: it cannot cure these.
INCURABLE = frozenset({ExitCode.USAGE, ExitCode.CONFIGURATION})


@dataclass(frozen=True)
class Ending:
    """How a process ended. `curable` says whether starting it again may help."""

    reason: str
    curable: bool = True


def ending_of(returncode: int) -> Ending:
    """The ending behind a `subprocess` return code (negative: the signal that killed it)."""
    if returncode < 0:
        return Ending(f"killed by {_signal_name(-returncode)}")
    if returncode in WORDS:
        code = ExitCode(returncode)
        return Ending(f"exit code {returncode} ({WORDS[code]})", curable=code not in INCURABLE)
    return Ending(f"exit code {returncode}")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # a real-time signal has no name in the table
        return f"signal {number}"

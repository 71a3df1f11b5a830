"""What is measured: an address, how it is spoken to, and the processes that do its work."""

import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

ENDS_WITHIN_S: Final = 20.0
LOOK_EVERY_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Target:
    """The server, the floor or a peer."""

    name: str
    address: tuple[str, int]
    dialect: str
    pids: Callable[[], Sequence[int]]
    """The processes whose time a signal costs."""
    ping: bytes = b""
    """What a device says that has nothing to say, so that it is not taken for gone."""
    closes: bool = False
    """Alerts are open until they are closed. What only passes messages on has none."""
    beside: Mapping[str, int] = field(default_factory=dict)
    """The processes that work for it behind the press, with what they start: PostgreSQL, the log
    and its drain."""


def listens(address: tuple[str, int], within_s: float) -> bool:
    """Wait until somebody takes connections there. False: nobody does in time."""
    give_up_s = time.monotonic() + within_s
    while time.monotonic() < give_up_s:
        try:
            socket.create_connection(address).close()
        except OSError:
            time.sleep(LOOK_EVERY_S)
        else:
            return True
    return False


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask a process that was started here to end, and see to it that it does."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

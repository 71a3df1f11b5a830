"""What is measured: an address, how it is spoken to, and the processes that do its work."""

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

ENDS_WITHIN_S: Final = 20.0


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
    beside: int | None = None
    """The process that works for it behind the press, with its own: PostgreSQL."""


def end(process: "subprocess.Popen[bytes]") -> None:
    """Ask a process that was started here to end, and see to it that it does."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

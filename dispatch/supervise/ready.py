"""The child's side of readiness: one line on an inherited pipe, said once, when it can work."""

import json
import os
from collections.abc import Mapping

READY_FD = "CUADRANTE_READY_FD"


def announce_ready(details: Mapping[str, object] | None = None) -> None:
    """Tell the supervisor that this process can work now; do nothing when not supervised.

    `details` (such as the port that was bound) must be plain JSON; they reach the log.
    """
    fd = _take_ready_fd()
    if fd is None:
        return
    with os.fdopen(fd, "w") as pipe:
        pipe.write(f"ready {json.dumps(dict(details or {}))}\n")


def forgo_ready() -> None:
    """Close the pipe unused: before becoming a program that is probed from outside instead."""
    fd = _take_ready_fd()
    if fd is not None:
        os.close(fd)


def _take_ready_fd() -> int | None:
    # Taken out of the environment, so a grandchild never speaks in its parent's name.
    fd = os.environ.pop(READY_FD, None)
    return None if fd is None else int(fd)

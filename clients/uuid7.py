"""Fresh ids for presses."""

import secrets
import time

from protocol.uuid7 import ENTROPY_BYTES, uuid7


def new_signal_id() -> str:
    """Make the id of a press that happens now."""
    return uuid7(time.time_ns() // 1_000_000, secrets.token_bytes(ENTROPY_BYTES))

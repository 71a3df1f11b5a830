"""UUID version 7 (RFC 9562, section 5.7): the id that a press keeps through every retry.

Python has had its own since 3.14 only.
"""

import secrets
import time
from uuid import UUID

ENTROPY_BYTES = 10


def uuid7(now_ms: int, entropy: bytes) -> str:
    """Lay out a version 7 UUID from Unix milliseconds and `ENTROPY_BYTES` random bytes."""
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"a version 7 UUID takes {ENTROPY_BYTES} random bytes, not {len(entropy)}")
    field = (now_ms & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(entropy)
    field = field & ~(0xF << 76) | 0x7 << 76  # version
    field = field & ~(0x3 << 62) | 0x2 << 62  # variant
    return str(UUID(int=field))


def new_signal_id() -> str:
    """Make the id of a press that happens now."""
    return uuid7(time.time_ns() // 1_000_000, secrets.token_bytes(ENTROPY_BYTES))

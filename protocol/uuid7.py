"""UUID version 7 (RFC 9562, section 5.7): the id that a press keeps through every retry.

Python has had its own since 3.14 only.
"""

from typing import Final

ENTROPY_BYTES: Final = 10


def uuid7(now_ms: int, entropy: bytes) -> str:
    """Lay out a version 7 UUID from Unix milliseconds and `ENTROPY_BYTES` random bytes."""
    if len(entropy) != ENTROPY_BYTES:
        raise ValueError(f"a version 7 UUID takes {ENTROPY_BYTES} random bytes, not {len(entropy)}")
    field = (now_ms & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(entropy)
    field = field & ~(0xF << 76) | 0x7 << 76  # version
    field = field & ~(0x3 << 62) | 0x2 << 62  # variant
    digits = f"{field:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

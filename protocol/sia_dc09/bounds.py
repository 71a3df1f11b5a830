"""The bounds of DC-09 frames, and the times that a receiver goes by."""

from typing import Final

BODY_BYTES_MAX: Final = 0xFFF
"""From the first `"` up to CR: what the length, `0` and three hexadecimal digits, can say."""
OPENING_BYTES: Final = 10
"""LF, CRC, length and the `"` after them."""
FRAME_BYTES_MAX: Final = OPENING_BYTES + BODY_BYTES_MAX
"""With the CR in place of the `"` that the body has already counted."""
TEXT_CHARS_MAX: Final = 200
"""The longest text that is kept of an event or of extended data; frames come from anybody."""
BLOCK_BYTES: Final = 16
"""AES encrypts so many bytes at a time; the pad fills up to them."""
EARLIEST_S: Final = -40
LATEST_S: Final = 20
"""The window of DC-09 (5.5.1.9): the time of the message minus that of the receiver."""

"""The signal id of a button's press: the same at every gateway, before and after any restart."""

import hashlib

from protocol.uuid7 import ENTROPY_BYTES, uuid7


def signal_id_of(device_id: str, press: int, pressed_at_ms: int | None) -> str:
    """Name a press from what each of its messages says, so that all of them name the same.

    `press` is the counter of its first message. A button that knows no time has pressed at the
    beginning of the epoch, for this purpose.
    """
    said = b"signal" + press.to_bytes(8) + device_id.encode()
    return uuid7(pressed_at_ms or 0, hashlib.sha256(said).digest()[:ENTROPY_BYTES])

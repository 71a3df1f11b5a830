"""Where a picture can be read for a while: a path that only the server can write.

Whoever may see an alert is shown such paths in it; the console hands the picture to whoever brings
one, and needs to know nobody. The seal is HMAC-SHA-256 (RFC 2104), cut to 128 bits as section 5 of
that RFC allows, over the picture's id and the end of its time.
"""

import hmac
from base64 import urlsafe_b64encode
from enum import StrEnum
from typing import Final

PICTURES: Final = "/v1/pictures"
SEAL_BYTES: Final = 16


class PathFault(StrEnum):
    """Why a path shows nothing."""

    SEAL = "seal"
    """Not the server's, or altered."""
    UNTIL = "until"
    """Its time is over; the alert's newest version holds a newer one."""


def picture_path(picture_id: str, until_s: int, key: bytes) -> str:
    """Return the path of a picture, good until `until_s` (seconds since the epoch)."""
    return f"{PICTURES}/{picture_id}.jpg?until={until_s}&seal={_seal(picture_id, until_s, key)}"


def path_fault(
    picture_id: str, until_s: int, seal: str, key: bytes, now_s: float
) -> PathFault | None:
    """Judge what a path brings, in constant time; None: it is good."""
    # Bytes: `compare_digest` takes no text beyond ASCII.
    if not hmac.compare_digest(_seal(picture_id, until_s, key).encode(), seal.encode()):
        return PathFault.SEAL
    return PathFault.UNTIL if until_s < now_s else None


def _seal(picture_id: str, until_s: int, key: bytes) -> str:
    mac = hmac.digest(key, f"{picture_id} {until_s}".encode(), "sha256")
    return urlsafe_b64encode(mac[:SEAL_BYTES]).rstrip(b"=").decode()

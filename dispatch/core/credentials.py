"""How secrets are compared. They are made at the edge, kept only as digests, and never logged.

Tokens hold 256 random bits and enrolment codes 60, so a plain SHA-256 is as good as a slow hash:
there is no dictionary to try.
"""

import hashlib
import hmac

CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so that a code can be read aloud over a telephone."""

_READ_AS = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


def digest(secret: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(secret.encode()).digest()


def code_digest(code: str) -> bytes:
    """Return what is kept of an enrolment code, however it was typed (case, dashes, O for 0)."""
    return digest(code.upper().translate(_READ_AS))


def matches(secret: str, kept: bytes | None) -> bool:
    """Compare in constant time. `None` (nothing enrolled) matches nothing, in the same time."""
    return hmac.compare_digest(digest(secret), kept or bytes(32))

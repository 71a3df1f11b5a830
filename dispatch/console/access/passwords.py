"""Passwords: hashed with Argon2id (RFC 9106) in a thread, a few at a time, all in equal time."""

import asyncio
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dispatch.console.bounds import HASHES_AT_ONCE, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN

_HASHER: Final = PasswordHasher()


def fault(password: str) -> str:
    """Say why this is no password to choose (NIST SP 800-63B, 3.1.1: length, and no rules on
    its signs); empty: it is one."""
    if len(password) < PASSWORD_CHARS_MIN:
        return f"a password has at least {PASSWORD_CHARS_MIN} characters: a few words do well"
    if len(password) > PASSWORD_CHARS_MAX:
        return f"a password has at most {PASSWORD_CHARS_MAX} characters"
    return ""


def hashed(password: str) -> str:
    """Return what is kept of a password. Takes a tenth of a second."""
    return _HASHER.hash(password)


class Passwords:
    """Compares passwords without holding up the event loop, nor the machine's memory."""

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(HASHES_AT_ONCE)

    async def match(self, password: str, kept: str | None) -> bool:
        """Compare. `None` (there is no such account) matches nothing, in the same time."""
        async with self._room:
            matches = await asyncio.to_thread(_verify, password, kept or _nobodys())
        return matches and kept is not None


@cache
def _nobodys() -> str:
    return hashed("nobody has this password")


def _verify(password: str, kept: str) -> bool:
    try:
        return _HASHER.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False

"""Passwords are compared with their hashes, and with nobody's for who is not there."""

import pytest

from dispatch.console.access.passwords import Passwords, fault, hashed
from dispatch.console.bounds import PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN
from tests.store.on_asyncio import on_asyncio


@on_asyncio
async def test_a_password_matches_its_own_hash_alone() -> None:
    passwords, kept = Passwords(), hashed("correct horse battery")
    assert kept.startswith("$argon2id$")
    assert "horse" not in kept
    assert await passwords.match("correct horse battery", kept)
    assert not await passwords.match("correct horse batterz", kept)
    assert not await passwords.match("correct horse battery", None)
    assert not await passwords.match("nobody has this password", None)
    assert not await passwords.match("correct horse battery", "no hash at all")


@pytest.mark.parametrize(
    ("password", "is_good"),
    [
        ("x" * (PASSWORD_CHARS_MIN - 1), False),
        ("x" * PASSWORD_CHARS_MIN, True),
        ("x" * PASSWORD_CHARS_MAX, True),
        ("x" * (PASSWORD_CHARS_MAX + 1), False),
    ],
)
def test_only_the_length_of_a_password_is_ruled(password: str, is_good: bool) -> None:
    assert (fault(password) == "") is is_good

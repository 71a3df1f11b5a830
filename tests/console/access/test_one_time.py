"""One-time passwords: as RFC 6238 has them, sealed for one account."""

from base64 import b32encode

import pyotp
import pytest

from dispatch.console.access.one_time import STEP_S, new_secret, opened, sealed, step_of, uri

KEY = bytes(range(64))


@pytest.mark.parametrize(
    ("now_s", "code"),
    [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")],
)
def test_the_vectors_of_the_standard(now_s: int, code: str) -> None:
    # RFC 6238, appendix B, SHA-1, the last six digits.
    secret = b32encode(b"12345678901234567890").decode()
    assert step_of(code, secret, now_s) == now_s // STEP_S


def test_a_clock_may_be_half_a_minute_off_and_no_more() -> None:
    secret = new_secret()
    code = pyotp.TOTP(secret).at(1_000_020)
    for off_s, is_good in ((-30, True), (0, True), (30, True), (-60, False), (60, False)):
        assert (step_of(code, secret, 1_000_020 + off_s) is not None) is is_good
    assert step_of("", secret, 1_000_020) is None
    assert step_of("ñ", secret, 1_000_020) is None


def test_a_secret_opens_for_its_account_alone() -> None:
    secret = new_secret()
    box = sealed(secret, KEY, "ana")
    assert opened(box, KEY, "ana") == secret
    assert opened(box, KEY, "luis") is None
    assert opened(box, bytes(64), "ana") is None
    assert opened(b"", KEY, "ana") is None
    assert secret.encode() not in box


def test_an_authenticator_can_scan_it() -> None:
    secret = new_secret()
    assert pyotp.parse_uri(uri(secret, "ana")).secret == secret

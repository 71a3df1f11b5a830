"""One-time passwords of an authenticator (TOTP, RFC 6238), as a second factor of a login."""

import hmac
from typing import Final

import pyotp
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

STEP_S: Final = 30
DRIFT_STEPS: Final = (0, -1, 1)
"""A clock that is half a minute off is forgiven (RFC 6238, section 5.2)."""
_BOUND_TO: Final = b"totp of "


def new_secret() -> str:
    """Return a fresh secret, in base 32."""
    return pyotp.random_base32()


def uri(secret: str, account_id: str) -> str:
    """Return what an authenticator scans."""
    return pyotp.TOTP(secret).provisioning_uri(name=account_id, issuer_name="Cuadrante")


def sealed(secret: str, key: bytes, account_id: str) -> bytes:
    """Return the secret as it is kept: AES-SIV (RFC 5297), bound to the account."""
    return AESSIV(key).encrypt(secret.encode(), [_BOUND_TO + account_id.encode()])


def opened(box: bytes, key: bytes, account_id: str) -> str | None:
    """Open it. None: it was sealed with another secret, or for another account."""
    try:
        return AESSIV(key).decrypt(box, [_BOUND_TO + account_id.encode()]).decode()
    except (InvalidTag, ValueError):
        return None


def step_of(code: str, secret: str, now_s: float) -> int | None:
    """Return the step of time whose password `code` is. None: of none near now."""
    totp = pyotp.TOTP(secret, interval=STEP_S)
    step = int(now_s) // STEP_S
    said = code.strip().encode()
    for drift in DRIFT_STEPS:
        if hmac.compare_digest(totp.generate_otp(step + drift).encode(), said):
            return step + drift
    return None

"""The signing key that Apple gives out once, as a file whose name ends in `.p8`."""

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key


class KeyUnusable(Exception):  # noqa: N818 - it is shown as a sentence
    """A key file cannot be used; the message says why, and nothing of what is in it."""


def read_key(path: Path) -> str:
    """Read a key: PEM, of the curve P-256, without a password. Raises `KeyUnusable`."""
    try:
        text = path.read_bytes()
        key = load_pem_private_key(text, None)
    except OSError as error:
        raise KeyUnusable(f"{path}: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise KeyUnusable(f"{path}: it is no private key in PEM without a password") from None
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise KeyUnusable(f"{path}: it is a key, but none of the curve P-256 that Apple signs by")
    return text.decode()

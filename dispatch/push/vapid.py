"""Who we are to push services: the installation's key pair, by which browsers subscribe (VAPID).

RFC 8292. It is derived from the installation's secret, so there is nothing more to keep.
"""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256 (SEC 2, section 2.4.2)."""


@dataclass(frozen=True, slots=True)
class VapidKeys:
    """The pair. `application_key` is what a page gives the browser to subscribe with."""

    application_key: str
    public_pem: bytes
    private_pem: bytes = field(repr=False)


def vapid_keys(key: bytes) -> VapidKeys:
    """Return the pair of 48 random bytes: more than the order has, so that no scalar is likelier
    than another (FIPS 186-5, appendix A.2.1)."""
    scalar = int.from_bytes(key, "big") % (_ORDER - 1) + 1
    private = ec.derive_private_key(scalar, ec.SECP256R1())
    public = private.public_key()
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return VapidKeys(
        urlsafe_b64encode(point).rstrip(b"=").decode(),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )

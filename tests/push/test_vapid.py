from base64 import urlsafe_b64decode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from hypothesis import example, given
from hypothesis import strategies as st

from dispatch.push.vapid import VapidKeys, vapid_keys


@given(st.binary(min_size=48, max_size=48))
@example(bytes(48))
@example(b"\xff" * 48)
def test_any_48_bytes_make_one_pair_the_same_each_time(key: bytes) -> None:
    keys = vapid_keys(key)
    assert keys == vapid_keys(key)
    private = load_pem_private_key(keys.private_pem, None)
    public = load_pem_public_key(keys.public_pem)
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    assert private.public_key() == public
    point = urlsafe_b64decode(keys.application_key + "=")
    assert ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point) == public


def test_the_private_key_is_not_shown() -> None:
    assert "private" not in repr(vapid_keys(bytes(48)))
    assert VapidKeys.__dataclass_fields__["private_pem"].repr is False

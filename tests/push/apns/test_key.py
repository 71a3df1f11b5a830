from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from dispatch.push.apns.key import KeyUnusable, read_key
from tests.push.apns.stand_in import KEY, PEM, key_file


def test_a_key_of_apples_is_read(tmp_path: Path) -> None:
    assert read_key(key_file(tmp_path)) == PEM


def test_a_file_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable, match="No such file"):
        read_key(tmp_path / "none.p8")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"not a key", "no private key"),
        (b"\xff\x00", "no private key"),
        (PEM[: len(PEM) // 2].encode(), "no private key"),
        (
            KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x")),
            "without a password",
        ),
        (
            rsa.generate_private_key(65537, 2048).private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            ),
            "none of the curve",
        ),
        (
            ec.generate_private_key(ec.SECP384R1()).private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
            ),
            "none of the curve",
        ),
    ],
)
def test_what_apple_never_gave_out_is_said_and_not_shown(
    tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "key.p8"
    path.write_bytes(content)
    with pytest.raises(KeyUnusable, match=says) as caught:
        read_key(path)
    assert str(caught.value).startswith(str(path))
    assert "BEGIN" not in str(caught.value)

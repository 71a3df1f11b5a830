"""The encryption of DC-09 (5.4): AES-CBC with an IV of zeros; random bytes in front stand for it.

It hides what is said and proves nothing: there is no MAC. Whoever can change bytes on the way can
change what comes out of the decryption, so a panel across an open network belongs in a tunnel.
"""

from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from protocol.sia_dc09.bounds import BLOCK_BYTES

KEY_BYTES: Final = (16, 24, 32)
_IV: Final = CBC(bytes(BLOCK_BYTES))
_NOT_IN_PADS: Final = bytes.maketrans(b"|[]", b"\x01\x02\x03")


def check_key(key: bytes) -> None:
    """Raise `ValueError` unless `key` has 16, 24 or 32 bytes."""
    if len(key) not in KEY_BYTES:
        raise ValueError(f"key: {len(key)} bytes; AES takes 16, 24 or 32")


def seal(text: bytes, key: bytes, pad: bytes) -> bytes:
    """Encrypt what follows a `[`, as hexadecimal digits.

    `pad` is 16 random bytes, of which as many are taken as fill up a block: all of them if it is
    full already. Without data (the text begins with `]`) no `|` ends the pad.
    """
    check_key(key)
    if len(pad) != BLOCK_BYTES:
        raise ValueError(f"pad: {len(pad)} bytes instead of {BLOCK_BYTES}")
    if not text.startswith(b"]"):
        text = b"|" + text
    missing = BLOCK_BYTES - len(text) % BLOCK_BYTES
    encryptor = Cipher(AES(key), _IV).encryptor()
    clear = pad[:missing].translate(_NOT_IN_PADS) + text
    return (encryptor.update(clear) + encryptor.finalize()).hex().upper().encode()


def unseal(body: bytes, key: bytes) -> bytes | None:
    """Decrypt what follows a `[`, and take the pad away. None: it is not made like that."""
    check_key(key)
    try:
        cipher_text = bytes.fromhex(body.decode("ascii"))
    except ValueError:
        return None
    if not cipher_text or len(cipher_text) % BLOCK_BYTES:
        return None
    decryptor = Cipher(AES(key), _IV).decryptor()
    clear = decryptor.update(cipher_text) + decryptor.finalize()
    end = clear.find(b"]")
    pad_end = clear.find(b"|")
    if end < 0:
        return None
    return clear[pad_end + 1 :] if 0 <= pad_end < end else clear[end:]

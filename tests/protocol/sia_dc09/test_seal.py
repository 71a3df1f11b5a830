import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.sia_dc09.seal import check_key, seal, unseal

from .strategies import keys, pads, parts
from .vectors import KEY

PAD = b"P" * 16


@given(parts.map(lambda data: data.replace(b"|", b"")), parts, keys, pads)
def test_what_is_sealed_comes_back(data: bytes, more: bytes, key: bytes, pad: bytes) -> None:
    text = data + b"]" + more
    sealed = seal(text, key, pad)
    assert len(sealed) % 32 == 0
    assert unseal(sealed, key) == text
    assert unseal(sealed.lower(), key) == text


@pytest.mark.parametrize(("size", "blocks"), [(0, 1), (14, 1), (15, 2), (30, 2), (31, 3)])
def test_a_full_block_is_followed_by_a_whole_pad(size: int, blocks: int) -> None:
    # One byte for the `|`, and one at least for the pad.
    assert len(seal(b"x" * size, KEY, PAD)) == 32 * blocks


def test_no_pad_holds_what_would_end_it() -> None:
    assert unseal(seal(b"#123|1120 01 003]", KEY, b"|[]" * 5 + b"|"), KEY) == b"#123|1120 01 003]"
    assert unseal(seal(b"]", KEY, b"]" * 16), KEY) == b"]"


@pytest.mark.parametrize("body", [b"", b"00", b"0" * 31, b"0" * 33, b"G" * 32, b"\xff" * 32])
def test_what_was_never_sealed(body: bytes) -> None:
    assert unseal(body, KEY) is None


@given(st.binary(max_size=96), keys)
def test_whatever_is_unsealed_nothing_breaks(body: bytes, key: bytes) -> None:
    for text in (body, body.hex().encode()):
        clear = unseal(text, key)
        assert clear is None or b"]" in clear


@pytest.mark.parametrize("size", [0, 8, 15, 17, 33])
def test_a_key_of_no_size_that_aes_has(size: int) -> None:
    with pytest.raises(ValueError, match=f"key: {size} bytes; AES takes 16, 24 or 32"):
        check_key(b"k" * size)
    with pytest.raises(ValueError, match="key"):
        seal(b"]", b"k" * size, PAD)


def test_a_pad_that_is_too_short() -> None:
    with pytest.raises(ValueError, match="pad: 3 bytes instead of 16"):
        seal(b"]", KEY, b"PPP")

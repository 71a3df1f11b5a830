from hypothesis import given
from hypothesis import strategies as st

from protocol.sia_dc09.crc import crc16


def test_the_check_value_of_the_catalogue() -> None:
    assert crc16(b"123456789") == 0xBB3D
    assert crc16(b"") == 0


@given(st.binary(max_size=64))
def test_a_message_with_its_crc_behind_it_leaves_nothing(data: bytes) -> None:
    assert crc16(data + crc16(data).to_bytes(2, "little")) == 0


@given(st.binary(min_size=1, max_size=64), st.data())
def test_any_single_bit_that_changes_is_seen(data: bytes, draw: st.DataObject) -> None:
    bit = draw.draw(st.integers(0, len(data) * 8 - 1))
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    assert crc16(bytes(changed)) != crc16(data)

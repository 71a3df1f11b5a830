import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.messages import UUIDV7_PATTERN
from protocol.uuid7 import ENTROPY_BYTES, uuid7


def test_the_example_of_rfc_9562_appendix_a6() -> None:
    # 017F22E2-79B0-7CC3-98C4-DC0C0C07398F, Unix time 0x017F22E279B0 ms.
    value = int(UUID("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"))
    entropy = (value & ~(0xFFFF_FFFF_FFFF << 80)).to_bytes(10)
    assert uuid7(0x017F22E279B0, entropy) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(st.integers(0, 2**48 - 1), st.binary(min_size=ENTROPY_BYTES, max_size=ENTROPY_BYTES))
def test_every_id_is_one_that_the_protocol_takes(now_ms: int, entropy: bytes) -> None:
    made = uuid7(now_ms, entropy)
    assert re.fullmatch(UUIDV7_PATTERN, made)
    assert UUID(made).int >> 80 == now_ms


@given(st.integers(0, 2**48 - 2), st.binary(min_size=10, max_size=10))
def test_a_later_millisecond_sorts_later(now_ms: int, entropy: bytes) -> None:
    assert uuid7(now_ms, b"\xff" * 10) < uuid7(now_ms + 1, entropy)


def test_too_little_randomness_is_refused() -> None:
    with pytest.raises(ValueError, match="10 random bytes"):
        uuid7(0, b"123")

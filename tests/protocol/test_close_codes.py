"""The range of a close code says what to do, whether or not the code is known."""

import pytest

from protocol.close_codes import FIRST_PERMANENT, CloseCode, may_reconnect


@pytest.mark.parametrize("code", CloseCode)
def test_the_range_decides(code: CloseCode) -> None:
    assert 4000 <= code <= 4999  # RFC 6455, section 7.4.2: private use
    assert may_reconnect(code) is (code < FIRST_PERMANENT)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (1000, True),
        (1001, True),
        (1002, False),  # what we send is broken, and would be again
        (1003, False),
        (1006, True),
        (1007, False),
        (1009, False),
        (1011, True),
        (1012, True),
        (4499, True),  # unknown codes: the range still says
        (4500, False),
        (4999, False),
    ],
)
def test_codes_that_are_not_ours(code: int, expected: bool) -> None:
    assert may_reconnect(code) is expected

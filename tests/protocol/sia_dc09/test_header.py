import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.sia_dc09.header import Header, check_account, read_header, write_header

from .strategies import headers

IDS = st.sampled_from(("SIA-DCS", "ADM-CID", "NULL", "ACK"))


@given(headers(IDS) | headers(IDS, is_encrypted=True), st.binary(max_size=9))
def test_a_header_comes_back_as_it_was_written(header: Header, rest: bytes) -> None:
    assert read_header(write_header(header) + rest) == (header, rest)


def test_the_numbers_are_echoed_as_they_were_written() -> None:
    read = read_header(b'"*SIA-DCS"0007R0aL#00ab[')
    assert read is not None
    header, _ = read
    assert write_header(header.replying("ACK")) == b'"ACK"0007R0aL#00ab['
    assert header.account_id == "00AB"


def test_what_is_an_account() -> None:
    for account in ("123", "00ab", "0123456789ABCDEF"):
        check_account(account)
    for account in ("", "12", "12G4", "#123", "01234567890ABCDEF", "١٢٣"):
        with pytest.raises(ValueError, match="account"):
            check_account(account)


def test_a_nak_names_no_account() -> None:
    assert read_header(b'"NAK"0000R0L0A0[]') == (Header("NAK", 0, "", "0", "0"), b"]")


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b'"SIA-DCS"001L0#1234[',  # three digits of a sequence
        b'"SIA-DCS"00001L0#1234[',
        b'"SIA-DCS"0001#1234[',  # no prefix
        b'"SIA-DCS"0001L0#12[',  # two digits of an account
        b'"SIA-DCS"0001L0#12345678901234567[',
        b'"SIA-DCS"0001L0[',
        b'"SIA-DCS"0001L0#12G4[',
        b'"SIA-DCS"0001L0#1234',
        b'"sia-dcs"0001L0#1234[',
        b'""0001L0#1234[',
        '"SIA-DCS"٠٠٠١L0#1234['.encode(),
    ],
)
def test_what_is_no_header(text: bytes) -> None:
    assert read_header(text) is None

import pytest

from protocol.sia_dc09.header import read_header
from protocol.sia_dc09.panel import contact_id_data, sia_data, write_message
from protocol.sia_dc09.timestamp import read_timestamp

from .vectors import KEY, MESSAGES, Vector


@pytest.mark.parametrize("vector", MESSAGES, ids=lambda it: it.text[:18])
def test_a_panel_writes_what_was_seen(vector: Vector) -> None:
    read = read_header(vector.text[8:].encode())
    assert read is not None
    at_s = read_timestamp(vector.timestamp or b"")
    written = write_message(
        read[0], vector.data, vector.extended, at_s=at_s, key=vector.key, pad=vector.pad
    )
    assert written == vector.frame


def test_data() -> None:
    assert sia_data("1234", "Nri1/PA003") == b"#1234|Nri1/PA003"
    assert contact_id_data("1234", "1120", 1, 3) == b"#1234|1120 01 003"


def test_what_a_panel_cannot_write() -> None:
    read = read_header(b'"*NULL"0001L0#1234[')
    assert read is not None
    header, _ = read
    for at_s, key in ((None, KEY), (0, None)):
        with pytest.raises(ValueError, match="a key and a time"):
            write_message(header, at_s=at_s, key=key, pad=b"P" * 16)
    with pytest.raises(ValueError, match="pad"):
        write_message(header, at_s=0, key=KEY)
    with pytest.raises(ValueError, match="it holds 4095"):
        write_message(header.replying("SIA-DCS"), b"x" * 4096)

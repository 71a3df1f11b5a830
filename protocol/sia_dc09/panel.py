"""What a panel writes."""

from collections.abc import Sequence

from protocol.sia_dc09.content import Content, write_content
from protocol.sia_dc09.frame import Frame, write_frame
from protocol.sia_dc09.header import Header
from protocol.sia_dc09.seal import seal
from protocol.sia_dc09.timestamp import write_timestamp


def write_message(
    header: Header,
    data: bytes = b"",
    extended: Sequence[bytes] = (),
    *,
    at_s: float | None = None,
    key: bytes | None = None,
    pad: bytes = b"",
) -> bytes:
    """Write one frame, from LF to CR; encrypted, with `key` and `pad`, if the header says so.

    Raises `ValueError` for what no frame can hold, and for an encrypted one that lacks a key, a
    pad of 16 bytes or a time.
    """
    stamp = None if at_s is None else write_timestamp(at_s)
    body = write_content(Content(data, tuple(extended), stamp))
    if header.is_encrypted:
        if key is None or stamp is None:
            raise ValueError("an encrypted message needs a key and a time")
        body = seal(body, key, pad)
    return write_frame(Frame(header, body))


def sia_data(account: str, block: str) -> bytes:
    """Write the data of a `SIA-DCS` message: `Nri1/PA003` is a panic alarm of zone 3 in area 1."""
    return f"#{account}|{block}".encode()


def contact_id_data(account: str, code: str, area: int = 0, zone: int = 0) -> bytes:
    """Write the data of an `ADM-CID` message: `1120` is a panic alarm, `3120` its end."""
    return f"#{account}|{code} {area:02} {zone:03}".encode()

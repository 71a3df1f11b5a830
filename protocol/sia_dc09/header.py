"""What stands before the data of a DC-09 message (5.5.1.3 to 5.5.1.6), read and written."""

import re
from dataclasses import dataclass, replace
from typing import Final

_HEADER: Final = re.compile(
    rb'"(?P<star>\*?)(?P<id>[A-Z0-9-]{1,16})"(?P<sequence>[0-9]{4})'
    rb"(?:R(?P<receiver>[0-9A-Fa-f]{0,6}))?L(?P<prefix>[0-9A-Fa-f]{0,6})"
    rb"(?:#(?P<account>[0-9A-Fa-f]{3,16})|A0)\["
)
"""`A0` stands for the account in a NAK, which answers nobody in particular."""


_ACCOUNT: Final = re.compile(r"[0-9A-Fa-f]{3,16}")


@dataclass(frozen=True, slots=True)
class Header:
    """Who sent what. Numbers are kept as they were written: a reply echoes them."""

    id_token: str
    """What the message is: `SIA-DCS`, `ADM-CID`, `NULL` …"""
    sequence: int
    """0 to 9999, counted by the panel; the same in each retry of one message."""
    account: str
    """Which panel it is: 3 to 16 hexadecimal digits. Empty in a NAK."""
    prefix: str = "0"
    """The number that the panel has for itself; empty in those of some makers."""
    receiver: str | None = None
    """The number that the panel has for its receiver, if it writes one."""
    is_encrypted: bool = False

    @property
    def account_id(self) -> str:
        """The account as settings write it: in capitals."""
        return self.account.upper()

    def replying(self, id_token: str, *, is_encrypted: bool = False) -> "Header":
        """Return the header of a reply: all of the message's own, but for what it is."""
        return replace(self, id_token=id_token, is_encrypted=is_encrypted)


def check_account(account: str) -> None:
    """Raise `ValueError` unless it is 3 to 16 hexadecimal digits."""
    if _ACCOUNT.fullmatch(account) is None:
        raise ValueError(f"account: {account!r} is not 3 to 16 hexadecimal digits")


def read_header(text: bytes) -> tuple[Header, bytes] | None:
    """Read `"id"seq[R…]L…#…[`. Returns it and what follows, or None."""
    found = _HEADER.match(text)
    if found is None:
        return None
    receiver, account = found["receiver"], found["account"] or b""
    header = Header(
        id_token=found["id"].decode(),
        sequence=int(found["sequence"]),
        account=account.decode(),
        prefix=found["prefix"].decode(),
        receiver=None if receiver is None else receiver.decode(),
        is_encrypted=bool(found["star"]),
    )
    return header, text[found.end() :]


def write_header(header: Header) -> bytes:
    """Write a header, up to and with the `[`."""
    star = "*" if header.is_encrypted else ""
    receiver = "" if header.receiver is None else f"R{header.receiver}"
    account = f"#{header.account}" if header.account else "A0"
    return (
        f'"{star}{header.id_token}"{header.sequence:04}{receiver}L{header.prefix}{account}['
    ).encode()

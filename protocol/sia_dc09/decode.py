"""The way of one frame: from its bytes to what a panel reports, or to what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from protocol.sia_dc09.content import Content, read_content
from protocol.sia_dc09.events import CONTACT_ID, SIA, Event, read_events
from protocol.sia_dc09.extended import Details, read_details
from protocol.sia_dc09.faults import Fault, Reason
from protocol.sia_dc09.frame import Frame, read_frame
from protocol.sia_dc09.header import Header
from protocol.sia_dc09.seal import unseal
from protocol.sia_dc09.timestamp import Window, read_timestamp

LINK_TESTS: Final = frozenset(("NULL", "XNM"))
"""They say that the panel is there, and nothing else."""
REPORTS: Final = frozenset((SIA, CONTACT_ID))


@dataclass(frozen=True, slots=True)
class Account:
    """What a receiver knows of one panel."""

    key: bytes | None = field(default=None, repr=False)
    """16, 24 or 32 bytes. With a key, only encrypted messages are taken from it."""
    window: Window = field(default_factory=Window)


@dataclass(frozen=True, slots=True)
class Message:
    """What a panel said."""

    header: Header
    data: bytes
    """The data in clear, as they were written."""
    events: tuple[Event, ...] = ()
    """None in a link test."""
    details: Details = field(default_factory=Details)
    sent_at_s: int | None = None
    """By the panel's clock, in seconds since the epoch, if it said so."""
    data_account: str = ""
    """The account in the data. The key speaks for the header's alone: this is for people to see."""
    text: str = ""
    """What the panel says in words."""

    @property
    def is_link_test(self) -> bool:
        """Whether it only says that the panel is there."""
        return self.header.id_token in LINK_TESTS

    @property
    def resend_key(self) -> tuple[str, int, bytes]:
        """The same for each attempt to send one message: a lost ACK brings it again.

        A panel may count anew after a power cut, so it is worth remembering for minutes, not days.
        """
        return self.header.account_id, self.header.sequence, self.data


def decode(raw: bytes, accounts: Mapping[str, Account], now_s: float) -> Message | Fault:
    """Read one frame, from LF to CR. `now_s` is in seconds since the epoch.

    Accounts are named as `Header.account_id` is. Never raises for any bytes that come.
    """
    frame = read_frame(raw)
    if isinstance(frame, Fault):
        return frame
    header = frame.header
    account = accounts.get(header.account_id)
    if account is None:
        return Fault(Reason.UNKNOWN_ACCOUNT, header)
    if header.id_token not in LINK_TESTS | REPORTS:
        return Fault(Reason.UNKNOWN_ID, header)
    content = _open(frame, account)
    if isinstance(content, Fault):
        return content
    sent_at_s = None if content.timestamp is None else read_timestamp(content.timestamp)
    untimely = _judge_time(header, account, sent_at_s, now_s)
    if untimely is not None:
        return untimely
    return _report(header, content, sent_at_s)


def _open(frame: Frame, account: Account) -> Content | Fault:
    """Decrypt the body, and take it apart."""
    header, body = frame.header, frame.body
    if not header.is_encrypted:
        if account.key is not None:
            return Fault(Reason.NOT_ENCRYPTED, header)
        return read_content(body) or Fault(Reason.BAD_DATA, header)
    if account.key is None:
        return Fault(Reason.NO_KEY, header)
    clear = unseal(body, account.key)
    content = None if clear is None else read_content(clear)
    return content or Fault(Reason.UNDECRYPTABLE, header)


def _judge_time(
    header: Header, account: Account, sent_at_s: int | None, now_s: float
) -> Fault | None:
    """Hold an encrypted message to its time; in clear a time proves nothing (5.5.1.9)."""
    if not header.is_encrypted:
        return None
    if sent_at_s is None:
        return Fault(Reason.NO_TIMESTAMP, header)
    if not account.window.holds(sent_at_s, now_s):
        return Fault(Reason.OUTSIDE_WINDOW, header)
    return None


def _report(header: Header, content: Content, sent_at_s: int | None) -> Message | Fault:
    details = read_details(content.extended)
    if header.id_token in LINK_TESTS:
        return Message(header, content.data, details=details, sent_at_s=sent_at_s)
    report = read_events(header.id_token, content.data)
    if report is None:
        return Fault(Reason.BAD_DATA, header)
    return Message(
        header=header,
        data=content.data,
        events=report.events,
        details=details,
        sent_at_s=sent_at_s,
        data_account=report.account,
        text=report.text,
    )

"""The way of one frame: from its bytes to what a panel reports, or to what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from protocol.sia_dc09.content import Content, read_content
from protocol.sia_dc09.events import CONTACT_ID, SIA, Event, Report, read_events
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
    """By the panel's clock, in seconds since the epoch, if it said so; its offset is taken off."""
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

    Accounts are named as `Header.account_id` is. Never raises, whatever the bytes are.
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
    content = _open(frame, account.key)
    if isinstance(content, Reason):
        return Fault(content, header)
    sent_at_s = read_timestamp(content.timestamp or b"")
    if header.is_encrypted:
        untimely = _judge_time(content, sent_at_s, account.window, now_s)
        if untimely is not None:
            return Fault(untimely, header)
    return _report(header, content, sent_at_s, account.window)


def _open(frame: Frame, key: bytes | None) -> Content | Reason:
    """Decrypt the body, and take it apart."""
    if not frame.header.is_encrypted:
        if key is not None:
            return Reason.NOT_ENCRYPTED
        return read_content(frame.body) or Reason.BAD_DATA
    if key is None:
        return Reason.NO_KEY
    clear = unseal(frame.body, key)
    if clear is None:
        return Reason.UNDECRYPTABLE
    return read_content(clear) or Reason.UNDECRYPTABLE


def _judge_time(
    content: Content, sent_at_s: int | None, window: Window, now_s: float
) -> Reason | None:
    """Hold a message to its time, if it is encrypted; in clear a time proves nothing (5.5.1.9)."""
    if sent_at_s is None:
        # Bytes decrypted with another key may hold a bracket by chance, but no time after it.
        return Reason.UNDECRYPTABLE if content.rest else Reason.NO_TIMESTAMP
    return None if window.holds(sent_at_s, now_s) else Reason.OUTSIDE_WINDOW


def _report(
    header: Header, content: Content, sent_at_s: int | None, window: Window
) -> Message | Fault:
    report = Report()
    if header.id_token in REPORTS:
        found = read_events(header.id_token, content.data)
        if found is None:
            return Fault(Reason.BAD_DATA, header)
        report = found
    details = read_details(content.extended)
    left = [content.rest] if content.rest else []
    if content.timestamp is not None and sent_at_s is None:
        left.append(b"_" + content.timestamp)
    return Message(
        header=header,
        data=content.data,
        events=report.events,
        details=replace(
            details,
            occurred_at_s=window.in_utc(details.occurred_at_s),
            unread=(*details.unread, *left),
        ),
        sent_at_s=window.in_utc(sent_at_s),
        data_account=report.account,
        text=report.text,
    )

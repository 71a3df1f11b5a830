"""Another reader of DC-09, siadc09, on the same frames: where do the two not agree, and why?"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from siadc09.account import Account as TheirAccount
from siadc09.message import Message as TheirMessage
from siadc09.message import parse_frame
from siadc09.siadcs import DcsInfo
from siadc09.xdata import Data

from protocol.sia_dc09.decode import Account, Message, decode
from protocol.sia_dc09.events import CONTACT_ID, Event
from protocol.sia_dc09.splitter import split_datagram

from .frames import NOW_S, Draft, Drawn, draft, random_frame
from .vectors import NAK

FRAMES = 10_000

DISAGREEMENTS = {
    # What real panels write, and it does not take.
    "binary_crc": "it looks for the quote at the tenth byte only",
    "empty_prefix": "it wants a digit after L",
    "nul_behind_cr": "it takes one frame exactly; our splitter takes the NUL away before us",
    "contact_id_with_more_spaces": "it wants one space exactly",
    "contact_id_with_four_digits": "it wants three digits exactly",
    "name_in_quotes": "it takes the letters of the name for further codes, and drops the block",
    "text_not_ascii": "it drops the block, and the alarm in it",
    "text_in_windows_1252": "it gives the bytes; we the text",
    "small_code": "it drops the block",
    "space_between_events": "it drops the block",
    # One part of a frame cannot be read: it gives up more than that.
    "unknown_code": "it drops the block, with what it knows in it; we report both",
    "two_contact_ids": "it reads the first alone",
    "bracket_in_a_text": "it raises; we keep the events before the bracket",
    "time_that_cannot_be_read": "it raises; a time in clear proves nothing, so the press counts",
    "text_in_a_link_test": "it drops it",
    # It reads, and leaves it to others what to make of it.
    "unknown_id": "it returns what it cannot read as a message; we answer DUH",
    "no_contact_id": "it returns data without an event; we answer DUH",
    "no_time_in_an_encrypted_one": "it judges no time, so a replay passes",
    "time_outside_the_window": "it judges no time, so a replay passes",
}
"""What it does otherwise than we do, for each quirk of `frames.py` where it does."""


@dataclass(frozen=True)
class View:
    """What both can say of a frame, in the same words."""

    id_token: str
    sequence: int
    account: int
    prefix: int
    receiver: int | None
    is_encrypted: bool
    at_s: int | None
    events: tuple[tuple[Any, ...], ...]
    alarm_text: Any


def number(digits: str | None) -> int | str | None:
    try:
        return int(digits, 16) if digits else None
    except ValueError:
        return digits


def ours(drawn: Drawn) -> View | None:
    frames = split_datagram(drawn.raw)
    if len(frames) != 1:
        return None
    message = decode(frames[0], {drawn.account: Account(drawn.key)}, NOW_S)
    if not isinstance(message, Message):
        return None
    header = message.header
    return View(
        id_token=header.id_token,
        sequence=header.sequence,
        account=int(header.account, 16),
        prefix=int(header.prefix or "0", 16),
        receiver=None if not header.receiver else int(header.receiver, 16),
        is_encrypted=header.is_encrypted,
        at_s=message.sent_at_s,
        events=tuple(
            _our_event(event, header.id_token) for event in message.events if event.is_readable
        ),
        alarm_text=message.details.alarm_text,
    )


def _our_event(event: Event, id_token: str) -> tuple[Any, ...]:
    if id_token == CONTACT_ID:
        return event.code, number(event.area), number(event.zone)
    return event.code, number(event.area and hex(int(event.area))), number(event.zone), event.text


def theirs(drawn: Drawn) -> View | None:
    try:
        message = parse_frame(drawn.raw, drawn.key)
    except (RuntimeError, TypeError, ValueError):
        return None
    account, said = message.account, [each for each in message.xdata if each.prefix in ("I", "")]
    return View(
        id_token=message.idtoken,
        sequence=message.seq,
        account=account.acct,
        prefix=account.pref or 0,
        receiver=account.rcvr,
        is_encrypted=message.encrypted,
        at_s=message.timestamp and int(message.timestamp.timestamp()),
        events=_their_events(message),
        alarm_text=said[0].value if said else "",
    )


def _their_events(message: Any) -> tuple[tuple[Any, ...], ...]:
    if message.idtoken == CONTACT_ID:
        event = getattr(message.data, "event", None)
        return ((event.qualifier + event.code, event.group, event.addr),) if event else ()
    return tuple(
        (
            event.code,
            event.modifiers["ri"].value if "ri" in event.modifiers else None,
            event.addr,
            event.descr or "",
        )
        for block in getattr(message.data, "blocks", ())
        if isinstance(block, DcsInfo)
        for event in block.events
    )


def test_random_frames_are_read_alike() -> None:
    chance = Random(20261126)  # noqa: S311 - the same frames each time
    apart: Counter[str] = Counter()
    for _ in range(FRAMES):
        drawn = random_frame(chance)
        our_view, their_view = ours(drawn), theirs(drawn)
        if our_view != their_view:
            apart[drawn.quirk] += 1
            assert drawn.quirk in DISAGREEMENTS, (drawn, our_view, their_view)
        else:
            assert drawn.quirk not in DISAGREEMENTS, (drawn, our_view)
    assert set(apart) == set(DISAGREEMENTS)


def test_a_nak_of_the_standards_own_form_is_refused_by_it() -> None:
    with pytest.raises(RuntimeError, match="Missing #acct"):
        parse_frame(NAK.frame)


def test_what_it_writes_is_read() -> None:
    chance = Random(4)  # noqa: S311 - the same frames each time
    for _ in range(500):
        drawn = draft(chance)
        # It writes an account as a number, so without its leading zeros.
        account = f"{int(drawn.account, 16):03X}"
        message = decode(_as_they_write(drawn), {account: Account(drawn.key)}, NOW_S)
        assert isinstance(message, Message), message
        assert message.data == "|".join(drawn.blocks).encode()
        assert message.header.sequence == drawn.header.sequence


def _as_they_write(drawn: Draft) -> bytes:
    header = drawn.header
    message = TheirMessage(
        TheirAccount(acct=int(header.account, 16), key=drawn.key),
        {
            "idtoken": header.id_token,
            "data": Data("|".join(drawn.blocks).encode()) if drawn.blocks else None,
        },
    )
    at = datetime.fromtimestamp(NOW_S, UTC)
    raw: bytes = message.encode(seq=header.sequence, timestamp=at, encrypt=drawn.key is not None)
    return raw

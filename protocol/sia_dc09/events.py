"""The data of a message, read as events: SIA DC-03 blocks, and Contact ID (DC-05)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from protocol.sia_dc09.codes import UNKNOWN, Meaning, contact_id_meaning, sia_meaning
from protocol.sia_dc09.extended import read_text

SIA: Final = "SIA-DCS"
CONTACT_ID: Final = "ADM-CID"

_ACCOUNT: Final = re.compile(rb"#?(?P<account>[0-9A-Fa-f]{3,16})")
"""Some panels leave the `#` away."""
_MODIFIER: Final = re.compile(
    rb" *(?P<name>da|ti|id|ri|pi|ai|ph|lv|va|pt|rg|ss)(?P<value>[0-9.:-]*)/?"
)
"""DC-03, 5.2.1.2: it holds for the events after it."""
_PACKET: Final = re.compile(
    rb" *(?P<code>[A-Za-z]{2})(?P<zone>[0-9A-Fa-f:-]*)"
    rb"(?:\*(?P<units>[^/^]*))?(?:\^(?P<text>[^/^]*)\^?)?/?"
)
"""DC-03, 5.2.1.1. A `/` always ends it, in a text too: better a text cut short than an alarm lost
in a text that was not ended."""
_QUOTED: Final = re.compile(rb"'([^']*)'")
"""Some makers write a zone's name where its units belong: `*'KITCHEN'NM`."""
_CONTACT_ID: Final = re.compile(
    rb"(?P<qualifier>[0-9]) ?(?P<code>[0-9A-Fa-f]{3}) +(?P<group>[0-9A-Fa-f]{2}) +"
    rb"(?P<zone>[0-9A-Fa-f]{3,4})"
)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a panel reports."""

    code: str
    """As it was written: `PA`, `1120`. Of what cannot be read, all of it."""
    meaning: Meaning
    zone: str = ""
    """The button, detector or user that it is about: hexadecimal digits, as they were written."""
    area: str = ""
    """The part of the premises (area, partition), likewise."""
    text: str = ""
    """What the panel says about it in words."""
    is_old: bool = False
    """Whether the panel kept it for a while before it could send it."""
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class Report:
    """What the data of one message say."""

    events: tuple[Event, ...] = ()
    account: str = ""
    """The account in the data. It need not be the header's, for which alone the key speaks."""
    text: str = ""
    """Words that belong to the message as a whole."""


def read_events(id_token: str, data: bytes) -> Report | None:
    """Read the data of a message that reports events. None: no event can be read in them.

    If some can, what cannot be read becomes an event that says so, and all count.
    """
    account, texts, events = "", [], list[Event]()
    for number, block in enumerate(data.split(b"|")):
        named = _ACCOUNT.fullmatch(block) if number == 0 else None
        if named is not None:
            account = named["account"].decode().upper()
        elif id_token == CONTACT_ID:
            events += _contact_id(block)
        elif block.startswith(b"A"):
            texts.append(read_text(block[1:]))
        elif block:
            events += _information(block)
    if not any(event.is_readable for event in events):
        return None
    return Report(tuple(events), account, " ".join(texts))


def _contact_id(block: bytes) -> Iterator[Event]:
    found = _CONTACT_ID.fullmatch(block.strip())
    if found is not None:
        qualifier, code, group, zone = (part.decode().upper() for part in found.groups())
        meaning = contact_id_meaning(qualifier, code)
        yield Event(qualifier + code, meaning, zone, group)
    elif block:
        yield _unreadable(block)


def _information(block: bytes) -> Iterator[Event]:
    """Read an information block: N tells of new events, O of old ones (DC-03, 5.2.1)."""
    if block[:1] not in b"NO":
        yield _unreadable(block)
        return
    area = ""
    at = 1
    while at < len(block):
        modifier = _MODIFIER.match(block, at)
        packet = None if modifier is not None else _PACKET.match(block, at)
        if modifier is not None:
            at = modifier.end()
            area = modifier["value"].decode() if modifier["name"] == b"ri" else area
        elif packet is not None:
            at = packet.end()
            yield _packet(packet, area, is_old=block.startswith(b"O"))
        else:
            end = block.find(b"/", at) + 1 or len(block)
            if block[at:end].strip(b" /"):
                yield _unreadable(block[at:end])
            at = end


def _packet(packet: re.Match[bytes], area: str, *, is_old: bool) -> Event:
    code = packet["code"].decode().upper()
    quoted = _QUOTED.match(packet["units"] or b"")
    text = packet["text"] or (quoted[1] if quoted else b"")
    return Event(
        code, sia_meaning(code), packet["zone"].decode().upper(), area, read_text(text), is_old
    )


def _unreadable(block: bytes) -> Event:
    return Event(read_text(block), UNKNOWN, is_readable=False)

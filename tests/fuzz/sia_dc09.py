"""Whatever a panel, or whoever says that it is one, sends: it is read, refused or dropped."""

from protocol.sia_dc09.bounds import FRAME_BYTES_MAX, TEXT_CHARS_MAX
from protocol.sia_dc09.crc import crc16
from protocol.sia_dc09.decode import Account, Message, decode
from protocol.sia_dc09.events import CONTACT_ID, SIA
from protocol.sia_dc09.faults import Answer
from protocol.sia_dc09.frame import Frame, write_frame
from protocol.sia_dc09.header import Header
from protocol.sia_dc09.reply import Reply, acknowledge, read_reply, refuse
from protocol.sia_dc09.seal import seal
from protocol.sia_dc09.splitter import Splitter
from protocol.sia_dc09.timestamp import read_timestamp

KEY = b"k" * 16
PAD = b"p" * 16
TIME = b"12:34:56,10-15-2026"
NOW_S = read_timestamp(TIME) or 0
ACCOUNTS = {"1234": Account(), "ABCD": Account(KEY)}

MANY = 20
"""So many times a long input is more than a frame can be."""

SEEDS = (
    b'\0\n34E4003A"SIA-DCS"0044L0#1234[#1234|Nri1/PA003]_12:34:58,10-15-2026\r\0',
    b'\0\n3C830025"NAK"0000R0L0A0[]_16:09:09,04-14-2015\r\n9EBC0014"ACK"0042R1L0#1234[]\r',
    b'\1ADM-CID"0042R1L0#1234[#1234|1120 01 003][X006E07.7][Y49N06.6]_12:34:56,10-15-2026',
    b"\2#1234|1120 01 003][H12:34:56,10-15-2026][IDoor]_12:34:56,10-15-2026",
    b"\3#1234|Nri1/PA003^Door^/HA004*'x'NM|Atext|OFA1",
    b"\4#1234|1120 01 003|3120 01 003",
    b'\5\n34E4003A"SIA-DCS"0044L0#1234[' + b"x" * 250,
)


def one(data: bytes) -> None:
    how, rest = data[:1], data[1:]
    if how in (b"\0", b"\5"):
        _stream(rest if how == b"\0" else rest * MANY)
        return
    text = rest.translate(None, b"\r\n")
    if how == b"\1":
        text = b'"' + text
        raw = b"\n%04X%04X%b\r" % (crc16(text), len(text), text)
    elif how == b"\2":
        header = Header(CONTACT_ID, 1, "ABCD", is_encrypted=True)
        raw = write_frame(Frame(header, seal(text, KEY, PAD)))
    else:
        header = Header(SIA if how == b"\3" else CONTACT_ID, 1, "1234")
        raw = write_frame(Frame(header, text))
    assert Splitter().feed(raw) == [raw]
    _frame(raw)


def _stream(stream: bytes) -> None:
    """Cut anywhere, the same frames come out, and no more than one is ever held."""
    splitter, other = Splitter(), Splitter()
    frames = splitter.feed(stream)
    cut = len(stream) // 3
    assert other.feed(stream[:cut]) + other.feed(stream[cut:]) == frames
    for each in (splitter, other):
        assert each.held_bytes <= FRAME_BYTES_MAX
        assert each.dropped_bytes + each.held_bytes + sum(map(len, frames)) <= len(stream)
    for raw in frames:
        _frame(raw)


def _frame(raw: bytes) -> None:
    """Each frame is answered as the table says, and the panel understands the answer."""
    found = decode(raw, ACCOUNTS, NOW_S)
    read_reply(raw, KEY)
    if isinstance(found, Message):
        assert len(found.events) <= len(raw)
        assert all(len(event.text) <= TEXT_CHARS_MAX for event in found.events)
        assert found.details.position is None or abs(found.details.position.lat) <= 90
        key = ACCOUNTS[found.header.account_id].key
        answer = acknowledge(found.header, key, PAD, NOW_S)
        reply = read_reply(answer, key)
        assert isinstance(reply, Reply)
        assert reply.answer is Answer.ACK
        assert reply.is_about(found.header)
        return
    refusal = refuse(found, NOW_S)
    assert (refusal is None) is (found.answer is Answer.NOTHING)
    if refusal is not None:
        reply = read_reply(refusal)
        assert isinstance(reply, Reply)
        assert reply.answer is found.answer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.sia_dc09.faults import ANSWERS, Answer, Fault, Reason
from protocol.sia_dc09.header import Header
from protocol.sia_dc09.reply import Reply, acknowledge, read_reply, refuse
from protocol.sia_dc09.timestamp import read_timestamp

from .strategies import headers, keys, pads
from .vectors import ACK, DUH, KEY, NAK, OTHER_KEY

PAD = b"P" * 16
NOW_S = read_timestamp(b"16:09:09,04-14-2015") or 0
HEADER = Header("SIA-DCS", 42, "1234", "0", "1")


def test_ack_is_written_as_it_was_seen() -> None:
    assert acknowledge(HEADER, None, PAD, NOW_S) == ACK.frame


def test_duh_is_written_as_it_was_seen() -> None:
    assert refuse(Fault(Reason.UNKNOWN_ACCOUNT, HEADER), NOW_S) == DUH.frame


def test_nak_is_written_as_it_was_seen() -> None:
    assert refuse(Fault(Reason.OUTSIDE_WINDOW, HEADER), NOW_S) == NAK.frame


@pytest.mark.parametrize("reason", Reason)
def test_each_fault_gets_the_answer_of_the_table_in_clear(reason: Reason) -> None:
    header = Header("SIA-DCS", 42, "1234", is_encrypted=True)
    raw = refuse(Fault(reason, header), NOW_S)
    if ANSWERS[reason] is Answer.NOTHING:
        assert raw is None
        return
    assert raw is not None
    reply = read_reply(raw)
    assert isinstance(reply, Reply)
    assert reply.answer is ANSWERS[reason]
    assert not reply.header.is_encrypted


@given(headers(st.just("SIA-DCS"), is_encrypted=True), keys, pads)
def test_an_encrypted_message_has_an_encrypted_ack(header: Header, key: bytes, pad: bytes) -> None:
    raw = acknowledge(header, key, pad, NOW_S)
    assert raw[9:].startswith(b'"*ACK"%04d' % header.sequence)
    reply = read_reply(raw, key)
    assert reply == Reply(Answer.ACK, header.replying("ACK", is_encrypted=True), NOW_S)
    assert reply.is_about(header)


def test_a_panel_knows_what_is_said_to_it() -> None:
    other = Header("SIA-DCS", 43, "1234", "0", "1")
    for vector in (ACK, DUH):
        reply = read_reply(vector.frame)
        assert isinstance(reply, Reply)
        assert reply.is_about(HEADER)
        assert not reply.is_about(other)
    nak = read_reply(NAK.frame)
    assert isinstance(nak, Reply)
    assert (nak.answer, nak.at_s) == (Answer.NAK, NOW_S)
    assert nak.is_about(HEADER)


def test_an_ack_in_clear_does_not_answer_an_encrypted_message() -> None:
    encrypted = Header("SIA-DCS", 42, "1234", "0", "1", is_encrypted=True)
    ack, duh = read_reply(ACK.frame), read_reply(DUH.frame)
    assert isinstance(ack, Reply)
    assert isinstance(duh, Reply)
    assert not ack.is_about(encrypted)
    assert duh.is_about(encrypted)


def test_what_is_no_reply() -> None:
    encrypted = acknowledge(Header("NULL", 1, "123", is_encrypted=True), KEY, PAD, NOW_S)
    for raw, key, reason in (
        (b"", None, Reason.NO_FRAME),
        (encrypted, None, Reason.NO_KEY),
        (encrypted, OTHER_KEY, Reason.UNDECRYPTABLE),
        (b'\n03650010"NULL"0001L0#123[', None, Reason.NO_FRAME),
    ):
        fault = read_reply(raw, key)
        assert isinstance(fault, Fault)
        assert fault.reason is reason

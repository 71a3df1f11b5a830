"""The way of one frame: what is read of it, and which of its faults is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.messages import Position
from protocol.sia_dc09.codes import Sense
from protocol.sia_dc09.decode import Account, Message, decode
from protocol.sia_dc09.extended import Details
from protocol.sia_dc09.faults import Fault, Reason
from protocol.sia_dc09.frame import Frame, write_frame
from protocol.sia_dc09.header import Header
from protocol.sia_dc09.panel import contact_id_data, sia_data, write_message
from protocol.sia_dc09.seal import seal
from protocol.sia_dc09.timestamp import Window, read_timestamp
from protocol.vocabulary import Kind

from .strategies import headers, keys, pads, parts
from .vectors import ACK, KEY, MESSAGES, OTHER_KEY, Vector

NOW_S = 1_792_067_696
PAD = b"P" * 16
PLAIN = {"1234": Account()}
SEALED = {"1234": Account(KEY)}
PRESS = Header("SIA-DCS", 44, "1234")
SEALED_PRESS = Header("SIA-DCS", 44, "1234", is_encrypted=True)
PANIC = sia_data("1234", "Nri1/PA003")


def pressed(at_s: float = NOW_S, key: bytes = KEY) -> bytes:
    return write_message(SEALED_PRESS, PANIC, at_s=at_s, key=key, pad=PAD)


@pytest.mark.parametrize("vector", MESSAGES, ids=lambda it: it.text[:18])
def test_messages_that_were_seen(vector: Vector) -> None:
    account = vector.text.split("#")[1].split("[")[0]
    at_s = read_timestamp(vector.timestamp or b"")
    message = decode(vector.frame, {account: Account(vector.key)}, at_s or 0)
    assert isinstance(message, Message)
    assert (message.data, message.sent_at_s) == (vector.data, at_s)
    assert message.header.account == account
    assert message.is_link_test is (b"NULL" in vector.frame)
    assert len(message.events) == (not message.is_link_test)
    assert message.details.unread == ()


def test_a_press_is_read_whole() -> None:
    fields = (b"X074W06.0", b"Y04N36.0", b"IBot\xc3\xb3n", b"Zunread")
    message = decode(write_message(PRESS, PANIC, fields), PLAIN, NOW_S)
    assert isinstance(message, Message)
    (event,) = message.events
    assert (event.meaning.sense, event.meaning.kind) == (Sense.CALL, Kind.PANIC)
    assert (event.code, event.area, event.zone) == ("PA", "1", "003")
    assert message.details == Details(
        position=Position(lat=4.6, lon=-74.1), alarm_text="Botón", unread=(b"Zunread",)
    )
    assert message.data_account == "1234"


@pytest.mark.parametrize("key", [b"k" * 16, b"k" * 24, b"k" * 32])
def test_encryption_of_every_size(key: bytes) -> None:
    message = decode(pressed(key=key), {"1234": Account(key)}, NOW_S)
    assert isinstance(message, Message)
    assert message.data == PANIC


@pytest.mark.parametrize("id_token", ["NULL", "XNM"])
def test_a_link_test_reports_nothing(id_token: str) -> None:
    for data in (b"", b"anything"):
        message = decode(write_message(Header(id_token, 0, "1234"), data), PLAIN, NOW_S)
        assert isinstance(message, Message)
        assert message.is_link_test
        assert message.events == ()


FAULTS = {
    Reason.NO_FRAME: (b"GET / HTTP/1.1\r", PLAIN),
    Reason.BAD_LENGTH: (pressed().replace(b"\r", b"0\r"), SEALED),
    Reason.BAD_CRC: (write_message(PRESS, PANIC).replace(b"PA", b"BA"), PLAIN),
    Reason.BAD_HEADER: (write_frame(Frame(Header("NULL", 0, "G"), b"]")), PLAIN),
    Reason.UNKNOWN_ACCOUNT: (write_message(Header("NULL", 0, "4321")), PLAIN),
    Reason.UNKNOWN_ID: (write_message(Header("SIA-PUL", 0, "1234")), PLAIN),
    Reason.NO_KEY: (pressed(), PLAIN),
    Reason.NOT_ENCRYPTED: (write_message(PRESS, PANIC), SEALED),
    Reason.UNDECRYPTABLE: (pressed(key=OTHER_KEY), SEALED),
    Reason.OUTSIDE_WINDOW: (pressed(NOW_S - 41), SEALED),
    Reason.BAD_DATA: (write_message(PRESS, b"#1234|?"), PLAIN),
}


@pytest.mark.parametrize(("reason", "case"), FAULTS.items())
def test_each_fault_has_its_name(reason: Reason, case: tuple[bytes, dict[str, Account]]) -> None:
    raw, accounts = case
    fault = decode(raw, accounts, NOW_S)
    assert isinstance(fault, Fault)
    assert fault.reason is reason
    is_answered = reason not in (
        Reason.NO_FRAME,
        Reason.BAD_LENGTH,
        Reason.BAD_CRC,
        Reason.BAD_HEADER,
    )
    assert (fault.header is not None) is is_answered


def test_an_encrypted_message_without_a_time_may_be_a_replay() -> None:
    for text in (PANIC + b"]", PANIC + b"]_yesterday"):
        raw = write_frame(Frame(SEALED_PRESS, seal(text, KEY, PAD)))
        assert decode(raw, SEALED, NOW_S) == Fault(Reason.NO_TIMESTAMP, SEALED_PRESS)


def test_a_time_in_clear_is_not_held_against_a_panel() -> None:
    message = decode(write_message(PRESS, PANIC, at_s=NOW_S - 86_400), PLAIN, NOW_S)
    assert isinstance(message, Message)
    assert message.sent_at_s == NOW_S - 86_400


def test_each_panel_has_its_own_window() -> None:
    local = {"1234": Account(KEY, Window(clock_offset_s=-5 * 3600))}
    assert isinstance(decode(pressed(NOW_S - 5 * 3600), local, NOW_S), Message)
    assert decode(pressed(), local, NOW_S) == Fault(Reason.OUTSIDE_WINDOW, SEALED_PRESS)


@pytest.mark.parametrize("tail", [b"junk", b"[X1", b"_yesterday", b"[I1]x_12:34:56,10-15-2026"])
def test_what_is_wrong_behind_the_data_does_not_stop_a_press(tail: bytes) -> None:
    message = decode(write_frame(Frame(PRESS, PANIC + b"]" + tail)), PLAIN, NOW_S)
    assert isinstance(message, Message)
    assert message.data == PANIC
    assert message.details.unread != ()


def test_the_letters_of_an_account_may_be_small() -> None:
    message = decode(write_message(Header("NULL", 0, "12ab")), {"12AB": Account()}, NOW_S)
    assert isinstance(message, Message)
    assert message.header.account == "12ab"
    assert message.resend_key == ("12AB", 0, b"")


def test_a_resend_is_known_again_and_nothing_else_is() -> None:
    def key_of(raw: bytes) -> object:
        message = decode(raw, SEALED, NOW_S)
        assert isinstance(message, Message)
        return message.resend_key

    again = write_message(SEALED_PRESS, PANIC, at_s=NOW_S + 9, key=KEY, pad=b"Q" * 16)
    other = write_message(SEALED_PRESS, sia_data("1234", "NPA4"), at_s=NOW_S, key=KEY, pad=PAD)
    assert key_of(pressed()) == key_of(again) != key_of(other)


def test_no_key_is_ever_shown() -> None:
    assert KEY.hex() not in repr(Account(KEY))
    assert repr(KEY) not in repr(Account(KEY))


@given(headers(st.just("ADM-CID"), is_encrypted=True), st.lists(parts, max_size=3), keys, pads)
def test_whatever_a_panel_encrypts_is_read(
    header: Header, fields: list[bytes], key: bytes, pad: bytes
) -> None:
    data = contact_id_data("1234", "1120", 1, 3)
    raw = write_message(header, data, fields, at_s=NOW_S, key=key, pad=pad)
    message = decode(raw, {header.account_id: Account(key)}, NOW_S)
    assert isinstance(message, Message)
    assert (message.header, message.data, message.sent_at_s) == (header, data, NOW_S)


@given(st.binary(max_size=300), st.sampled_from((PRESS, SEALED_PRESS)))
def test_any_body_is_answered(body: bytes, header: Header) -> None:
    found = decode(write_frame(Frame(header, body)), SEALED if header.is_encrypted else PLAIN, 0)
    assert isinstance(found, Message) or found.reason in Reason


def test_a_reply_is_no_message() -> None:
    found = decode(ACK.frame, PLAIN, NOW_S)
    assert isinstance(found, Fault)
    assert found.reason is Reason.UNKNOWN_ID

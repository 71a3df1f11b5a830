"""Whatever comes in, the codec answers; whatever is valid comes back as it went."""

import json
import re
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol import MAX_FRAME_BYTES
from protocol.codec import (
    ESSENTIAL_SIGNAL_FIELDS,
    REASON_MAX_CHARS,
    Decoded,
    decode_client,
    decode_server,
    encode,
)
from protocol.messages import (
    AnyClientMessage,
    AnyServerMessage,
    Cancel,
    Close,
    Error,
    Ping,
    Position,
    Signal,
    Text,
)
from protocol.vocabulary import ErrorCode, Kind, Outcome

from .strategies import CLIENT_MESSAGES, SERVER_MESSAGES, any_text, messages

ID = "01a1fbe1-e292-7c1e-9bd0-4f7a52e86b10"
PRESS = {"type": "signal", "signal_id": ID, "kind": "panic"}
OPTIONAL_SIGNAL_FIELDS = sorted(
    set(Signal.__struct_fields__) - ESSENTIAL_SIGNAL_FIELDS | {"unknown_field"}
)

numbers = st.integers() | st.floats()
json_values = st.recursive(
    st.none() | st.booleans() | numbers | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=20,
)


def check(decoded: Decoded) -> None:
    """Check what holds for every answer: something is said, and an error about it can be sent."""
    fault = decoded.fault
    assert (decoded.message is not None) or (fault is not None)
    if fault is None:
        return
    assert len(fault.reason) <= REASON_MAX_CHARS
    assert (
        fault.field is None or set(re.sub(r"\[\d*\]", "", fault.field).split(".")) <= KNOWN_FIELDS
    )
    text = Text(es="", en=fault.reason)
    encode(Error(fault.code, text, fault.field, fault.about, fault.ref))


KNOWN_FIELDS = {"type"}.union(
    *(struct.__struct_fields__ for struct in (*CLIENT_MESSAGES, Position))
)


# --- what is valid comes back as it went ----------------------------------------------------------


@given(messages(*CLIENT_MESSAGES))
def test_a_client_message_comes_back(message: AnyClientMessage) -> None:
    assert decode_client(encode(message)) == Decoded(lower_ids(message))


@given(messages(*SERVER_MESSAGES))
def test_a_server_message_comes_back(message: AnyServerMessage) -> None:
    frame = orjson.dumps(msgspec.to_builtins(message))
    assert decode_server(frame) == message
    if len(frame) <= MAX_FRAME_BYTES:
        assert orjson.loads(encode(message)) == orjson.loads(frame)


def lower_ids(message: AnyClientMessage) -> AnyClientMessage:
    found = {"signal_id", "alert_id", "message_id"}.intersection(message.__struct_fields__)
    ids = {name: getattr(message, name) for name in found}
    lower = {name: each.lower() for name, each in ids.items() if each is not None}
    return msgspec.structs.replace(message, **lower)


@pytest.mark.parametrize("as_type", [bytes, bytearray, memoryview, bytes.decode])
def test_a_frame_may_be_any_kind_of_bytes_or_text(as_type: Any) -> None:
    frame = orjson.dumps({**PRESS, "position": {"lat": 4.5, "lon": -74}})
    assert decode_client(as_type(frame)) == Decoded(
        Signal(signal_id=ID, kind=Kind.PANIC, position=Position(lat=4.5, lon=-74.0))
    )


def test_capital_ids_are_the_same_press() -> None:
    assert decode_client(orjson.dumps({**PRESS, "signal_id": ID.upper()})) == decode_client(
        orjson.dumps(PRESS)
    )
    assert decode_client(orjson.dumps({"type": "cancel", "signal_id": ID.upper()})) == Decoded(
        Cancel(signal_id=ID)
    )


def test_unknown_fields_are_ignored() -> None:
    assert decode_client(b'{"type":"ping","battery":0.7}') == Decoded(Ping())


def test_the_last_of_two_same_keys_counts() -> None:
    assert decode_client(b'{"type":"hello","type":"ping","ref":"a","ref":"b"}') == Decoded(
        Ping(ref="b")
    )


def test_a_frame_over_the_bound_is_not_written() -> None:
    long = Close(alert_id=ID, outcome=Outcome.REAL, note="n" * MAX_FRAME_BYTES)
    with pytest.raises(ValueError, match=r"Close is \d+ bytes long; a frame holds 12288"):
        encode(long)


BAD_SERVER_FRAMES = [
    b"",
    b"[]",
    b"null",
    b'{"type":"ping"}',
    b'{"type":["pong"]}',
    b'{"type":"pong"}',
]


@pytest.mark.parametrize("frame", BAD_SERVER_FRAMES)
def test_a_bad_frame_of_the_server_raises(frame: bytes) -> None:
    with pytest.raises((msgspec.ValidationError, orjson.JSONDecodeError)):
        decode_server(frame)


# --- what is not valid is answered, whatever it is ------------------------------------------------


@given(st.binary() | st.text(st.characters()))
def test_any_bytes_or_text_are_answered(frame: bytes | str) -> None:
    check(decode_client(frame))


@given(json_values)
def test_any_json_is_answered(value: Any) -> None:
    check(decode_client(json.dumps(value)))


@given(messages(*CLIENT_MESSAGES), st.data())
def test_a_message_with_a_spoilt_field_is_answered(message: Any, data: st.DataObject) -> None:
    frame = msgspec.to_builtins(message)
    frame[data.draw(st.sampled_from(sorted(frame)))] = data.draw(json_values)
    check(decode_client(json.dumps(frame)))


@given(messages(*CLIENT_MESSAGES), st.data())
def test_a_frame_with_spoilt_bytes_is_answered(message: Any, data: st.DataObject) -> None:
    frame = bytearray(encode(message))
    start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(frame))] * 2)))
    frame[start:end] = data.draw(st.binary(max_size=8))
    check(decode_client(frame))


FAULTY = [
    # frame, code, field
    (b"", ErrorCode.BAD_JSON, None),
    (b"{", ErrorCode.BAD_JSON, None),
    (b"\xff", ErrorCode.BAD_JSON, None),
    (b"\xef\xbb\xbf{}", ErrorCode.BAD_JSON, None),
    (b"[" * 8_000, ErrorCode.BAD_JSON, None),
    (b'{"a":' * 1_600, ErrorCode.BAD_JSON, None),
    (b"null", ErrorCode.BAD_JSON, None),
    (b"NaN", ErrorCode.BAD_JSON, None),
    (b"1e999", ErrorCode.BAD_JSON, None),
    (b'"ping"', ErrorCode.BAD_JSON, None),
    (b"[]", ErrorCode.BAD_JSON, None),
    (b"{}", ErrorCode.UNKNOWN_TYPE, "type"),
    (b'{"type":null}', ErrorCode.UNKNOWN_TYPE, "type"),
    (b'{"type":["ping"]}', ErrorCode.UNKNOWN_TYPE, "type"),
    (b'{"type":"PING"}', ErrorCode.UNKNOWN_TYPE, "type"),
    (b'{"type":"pong"}', ErrorCode.UNKNOWN_TYPE, "type"),
    (b'{"type":"%s"}' % (b"x" * 8_000), ErrorCode.UNKNOWN_TYPE, "type"),
    (b'{"type":"ping","ref":7}', ErrorCode.BAD_FIELD, "ref"),
    (b'{"type":"duty"}', ErrorCode.BAD_FIELD, "on_duty"),
    (b'{"type":"duty","on_duty":"yes"}', ErrorCode.BAD_FIELD, "on_duty"),
    (b'{"type":"position"}', ErrorCode.BAD_FIELD, "position"),
    (b'{"type":"position","position":{"lat":1}}', ErrorCode.BAD_FIELD, "position.lon"),
    (b'{"type":"position","position":{"lat":NaN,"lon":1}}', ErrorCode.BAD_FIELD, "position.lat"),
    (b'{"type":"position","position":{"lat":1,"lon":1e999}}', ErrorCode.BAD_FIELD, "position.lon"),
    (b'{"type":"signal","kind":"panic"}', ErrorCode.BAD_FIELD, "signal_id"),
    (b'{"type":"signal","signal_id":"%s"}' % ID.encode(), ErrorCode.BAD_FIELD, "kind"),
    (
        b'{"type":"signal","signal_id":"%s","kind":"robbery"}' % ID.encode(),
        ErrorCode.BAD_FIELD,
        "kind",
    ),
    (
        b'{"type":"signal","signal_id":"7","kind":"panic","position":{"lat":95,"lon":1}}',
        ErrorCode.BAD_FIELD,
        "signal_id",
    ),
]


@pytest.mark.parametrize(("frame", "code", "field"), FAULTY)
def test_a_fault_names_what_is_wrong(frame: bytes, code: ErrorCode, field: str | None) -> None:
    decoded = decode_client(frame)

    check(decoded)
    assert decoded.message is None
    assert decoded.fault is not None
    assert (decoded.fault.code, decoded.fault.field) == (code, field)


def test_a_fault_says_which_frame_it_is_about() -> None:
    fault = decode_client(b'{"type":"duty","ref":"d1"}').fault

    assert fault is not None
    assert (fault.about, fault.ref) == ("duty", "d1")


@pytest.mark.parametrize("ref", ["r" * 65, 7, None, ["a"]])
def test_a_fault_echoes_only_a_usable_ref(ref: Any) -> None:
    fault = decode_client(orjson.dumps({"type": "duty", "ref": ref})).fault

    assert fault is not None
    assert fault.ref is None


# --- a press is a press ---------------------------------------------------------------------------

SAVED = [
    # what is wrong, as JSON; the field named; what is left of the signal
    ('"position":{"lat":95,"lon":-74}', "position.lat", {}),
    ('"position":{"lat":4.5}', "position.lon", {}),
    ('"position":{"lat":true,"lon":-74}', "position.lat", {}),
    ('"position":{"lat":"4.5","lon":-74}', "position.lat", {}),
    ('"position":{"lat":NaN,"lon":NaN}', "position.lat", {}),
    ('"position":{"lat":4.5,"lon":-Infinity}', "position.lon", {}),
    ('"position":[4.5,-74]', "position", {}),
    ('"position":{"lat":4.5,"lon":-74,"accuracy_m":-1}', "position.accuracy_m", {"at": (4.5, -74)}),
    ('"position":{"lat":4.5,"lon":-74,"age_s":1e999}', "position.age_s", {"at": (4.5, -74)}),
    (
        '"position":{"lat":4.5,"lon":-74,"accuracy_m":"x","age_s":[]}',
        "position.accuracy_m",
        {"at": (4.5, -74)},
    ),
    ('"pressed_at_ms":-1,"position":{"lat":4.5,"lon":-74}', "pressed_at_ms", {"at": (4.5, -74)}),
    ('"pressed_at_ms":1.5', "pressed_at_ms", {}),
    ('"pressed_at_ms":' + "9" * 30, "pressed_at_ms", {}),
    ('"pressed_at_ms":' + "9" * 5_000, "pressed_at_ms", {}),
    ('"source_device_id":"a b"', "source_device_id", {}),
    ('"ref":{}', "ref", {}),
    ('"ref":{},"position":7,"pressed_at_ms":"now"', "ref", {}),
]


@pytest.mark.parametrize(("wrong", "field", "left"), SAVED)
def test_a_press_with_unusable_details_is_still_a_press(
    wrong: str, field: str, left: dict[str, Any]
) -> None:
    decoded = decode_client(f'{{"type":"signal","signal_id":"{ID}","kind":"panic",{wrong}}}')

    position = Position(*left["at"]) if left else None
    assert decoded.message == Signal(signal_id=ID, kind=Kind.PANIC, position=position)
    assert decoded.fault is not None
    assert (decoded.fault.code, decoded.fault.field) == (ErrorCode.BAD_FIELD, field)


@pytest.mark.parametrize("ref", ['"\\ud83d"', '"\\udea8\\ud83d"'])
def test_half_an_emoji_does_not_stop_a_press(ref: str) -> None:
    decoded = decode_client(
        f'{{"type":"signal","signal_id":"{ID}","kind":"panic","ref":{ref},'
        '"position":{"lat":4.5,"lon":-74},"pressed_at_ms":1795227247250}'
    )

    assert decoded.fault is None
    assert isinstance(decoded.message, Signal)
    assert decoded.message.position == Position(lat=4.5, lon=-74.0)
    assert decoded.message.pressed_at_ms == 1_795_227_247_250
    encode(decoded.message)


garbage = st.dictionaries(st.sampled_from(OPTIONAL_SIGNAL_FIELDS), json_values)
positions = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(Position.__struct_fields__, json_values)
)


@given(st.sampled_from(Kind), garbage, st.none() | positions)
def test_no_garbage_beside_it_stops_a_press(
    kind: Kind, beside: dict[str, Any], position: dict[str, Any] | None
) -> None:
    frame = {**beside, "type": "signal", "signal_id": ID.upper(), "kind": kind}
    if position is not None:
        frame["position"] = position

    decoded = decode_client(json.dumps(frame))

    check(decoded)
    assert isinstance(decoded.message, Signal)
    assert (decoded.message.signal_id, decoded.message.kind) == (ID, kind)
    assert decoded.fault is None or decoded.fault.field is not None

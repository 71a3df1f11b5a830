"""The published document is what the code says, and says what the codec does."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft7Validator, Draft202012Validator, ValidationError

import protocol
from protocol import MAX_FRAME_BYTES, limits
from protocol.close_codes import CloseCode
from protocol.codec import decode_client, encode
from protocol.messages import AnyClientMessage
from protocol.schema import document, rendered
from protocol.vocabulary import ErrorCode

from .strategies import CLIENT_MESSAGES, SERVER_MESSAGES, messages

COMMITTED = Path(protocol.__file__).with_name("asyncapi.json")
DOCUMENT = document()
SCHEMAS = DOCUMENT["components"]["schemas"]
VALIDATORS = [Draft7Validator, Draft202012Validator]  # AsyncAPI's, and the current one
ID = "01a1fbe1-e292-7c1e-9bd0-4f7a52e86b10"


def test_the_committed_document_is_what_the_code_says() -> None:
    assert COMMITTED.read_text() == rendered(), "run `python server.py schema --write`"


@pytest.mark.parametrize("validator", VALIDATORS)
@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_a_schema(name: str, validator: Any) -> None:
    validator.check_schema(SCHEMAS[name])


def test_every_reference_leads_somewhere() -> None:
    for reference in references(DOCUMENT):
        target: Any = DOCUMENT
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


def references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for each in value for found in references(each)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"]] if "$ref" in value else []
    return own + [found for each in value.values() for found in references(each)]


def test_every_message_is_heard_or_said() -> None:
    operations = DOCUMENT["operations"]
    heard, said = (
        [each["$ref"].rpartition("/")[2] for each in operations[name]["messages"]]
        for name in ("hear", "say")
    )
    assert heard == [struct.__struct_config__.tag for struct in CLIENT_MESSAGES]
    assert said == [struct.__struct_config__.tag for struct in SERVER_MESSAGES]
    assert list(DOCUMENT["channels"]["session"]["messages"]) == heard + said


def test_every_code_and_limit_is_described() -> None:
    closes, errors = DOCUMENT["x-close-codes"], DOCUMENT["x-error-codes"]["codes"]
    public = [name.lower() for name in vars(limits) if name.isupper()]

    assert [each["code"] for each in closes] == list(CloseCode)
    assert [each["code"] for each in errors] == list(ErrorCode)
    assert list(DOCUMENT["x-limits"]) == ["max_frame_bytes", *public]
    assert all(each["description"] for each in [*closes, *errors, *DOCUMENT["x-limits"].values()])
    assert DOCUMENT["x-limits"]["max_frame_bytes"]["value"] == MAX_FRAME_BYTES


# --- frames -------------------------------------------------------------------------------------


def validate(frame: Any, validator: Any) -> None:
    """Check a frame against the schema that its type names. Raises `ValidationError`."""
    message = DOCUMENT["components"]["messages"][frame["type"]]
    validator({**message["payload"], "components": {"schemas": SCHEMAS}}).validate(frame)


@pytest.mark.parametrize("validator", VALIDATORS)
@given(message=messages(*CLIENT_MESSAGES))
def test_what_the_codec_writes_is_valid(message: AnyClientMessage, validator: Any) -> None:
    validate(json.loads(encode(message)), validator)


BROKEN = [
    {"type": "duty"},
    {"type": "duty", "on_duty": 1},
    {"type": "signal", "kind": "panic"},
    {"type": "signal", "signal_id": "7", "kind": "panic"},
    {"type": "signal", "signal_id": f"{ID}\n", "kind": "panic"},
    {"type": "signal", "signal_id": ID, "kind": "robbery"},
    {"type": "signal", "signal_id": ID, "kind": "panic", "position": {"lat": 95, "lon": 1}},
    {"type": "signal", "signal_id": ID, "kind": "panic", "position": {"lat": 1}},
    {"type": "accept", "alert_id": ID, "eta_s": -1},
    {"type": "close", "alert_id": ID, "outcome": "real", "note": "n" * 281},
    {"type": "close", "alert_id": ID, "outcome": "real", "note": "\x00"},
    {"type": "hello", "device_id": "a b", "token": "t"},
    {"type": "ping", "ref": "r" * 65},
]


@pytest.mark.parametrize("validator", VALIDATORS)
@pytest.mark.parametrize("frame", BROKEN)
def test_what_the_codec_faults_is_not_valid(frame: dict[str, Any], validator: Any) -> None:
    assert decode_client(json.dumps(frame)).fault is not None
    with pytest.raises(ValidationError):
        validate(frame, validator)

"""Messages hold what they promise, and the largest of them fits a frame."""

from collections.abc import Callable
from typing import Any, get_args

import msgspec
import pytest

from protocol import MAX_FRAME_BYTES
from protocol.codec import encode
from protocol.limits import (
    ADDRESS_CHARS,
    CODE_CHARS,
    NAME_CHARS,
    NEIGHBOUR_QUADRANTS_MAX,
    NOTE_CHARS,
    PHONE_CHARS,
    PICTURES_SHOWN,
    REPORTS_SHOWN,
    SECONDARY_QUADRANTS_MAX,
    SIRENS_SHOWN,
)
from protocol.messages import (
    Alert,
    AnyClientMessage,
    AnyServerMessage,
    Close,
    Error,
    Escalation,
    FrontView,
    LateStage,
    OwnerView,
    PictureView,
    PlaceView,
    QuadrantView,
    Receipt,
    Report,
    SenderView,
    SirenView,
    Stages,
    Text,
    Told,
)
from protocol.vocabulary import (
    BLAME,
    AlertState,
    ErrorCode,
    FoundBy,
    Kind,
    Outcome,
    Reach,
    Role,
    SirenState,
    Stage,
    Step,
    Urgency,
    Verdict,
)

ID = "01a1fbe1-e292-7c1e-9bd0-4f7a52e86b10"


def test_every_message_has_a_tag_of_its_own() -> None:
    tags = [each.__struct_config__.tag for each in get_args(AnyClientMessage | AnyServerMessage)]

    assert len(tags) == len(set(tags)) == 38


def test_every_error_has_its_blame() -> None:
    assert set(BLAME) == set(ErrorCode)


ID_CASES = [
    (ID, True),
    (ID.upper(), True),
    (ID.replace("-7c", "-4c"), False),  # version 4
    (ID.replace("-9b", "-cb"), False),  # not the variant of RFC 9562
    (ID.replace("-", ""), False),
    (f"{{{ID}}}", False),
    (f"{ID}\n", False),  # Python's `$` alone would let it pass
    (f" {ID}", False),
    ("", False),
]


@pytest.mark.parametrize(("signal_id", "is_valid"), ID_CASES)
def test_a_signal_id_is_a_uuid_version_7(signal_id: str, is_valid: bool) -> None:
    assert accepts({"type": "cancel", "signal_id": signal_id}) is is_valid


NOTE_CASES = [
    ("Sin novedad.\nSe deja constancia.\t", True),
    ("🚨" * 280, True),
    ("a" * 281, False),
    ("nul\x00", False),
    ("bell\x07", False),
]


@pytest.mark.parametrize(("note", "is_valid"), NOTE_CASES)
def test_a_note_is_bounded_text(note: str, is_valid: bool) -> None:
    frame = {"type": "close", "alert_id": ID, "outcome": "real", "note": note}
    assert accepts(frame) is is_valid


BODY_CASES = [
    ("Cierren puertas.\nLa patrulla va.", True),
    ("🚨" * 280, True),
    ("a" * 281, False),
    ("con campana\x07", True),
    ("", False),
    (" \n\t\u200e\u202e\x00", False),
]


@pytest.mark.parametrize(("body", "is_valid"), BODY_CASES)
def test_a_message_to_a_front_says_something(body: str, is_valid: bool) -> None:
    frame = {"type": "message_front", "message_id": ID, "front_id": "frente-1", "body": body}
    assert accepts(frame) is is_valid


DEVICE_ID_CASES = [
    ("app-7f3a", True),
    ("a" * 64, True),
    ("a" * 65, False),
    ("", False),
    ("app 7", False),
    ("app\n", False),
    ("café", False),
]


@pytest.mark.parametrize(("device_id", "is_valid"), DEVICE_ID_CASES)
def test_a_device_id_is_plain(device_id: str, is_valid: bool) -> None:
    assert accepts({"type": "hello", "device_id": device_id, "token": "t"}) is is_valid


def accepts(frame: dict[str, Any]) -> bool:
    try:
        msgspec.convert(frame, AnyClientMessage)
    except msgspec.ValidationError:
        return False
    return True


# --- the largest messages -----------------------------------------------------------------------

NAME, ADDRESS, PHONE = "ñ" * NAME_CHARS, "ñ" * ADDRESS_CHARS, "5" * PHONE_CHARS
CODE, DEVICE_ID, TIME_MS = "C" * CODE_CHARS, "d" * 64, 253_402_300_799_999

QUADRANT = QuadrantView(code=CODE, name=NAME, station=NAME, cai=NAME, phone=PHONE)
PLACE = PlaceView(
    lat=-89.12345678901234,
    lon=-179.1234567890123,
    accuracy_m=99_999.12345678,
    age_s=31_535_999.123456,
    address=ADDRESS,
    found_by=FoundBy.LAST_KNOWN,
    border_m=123_456.789,
    border_exact=False,
    runner_up=CODE,
)
SENDER = SenderView(
    device_id=DEVICE_ID,
    role=Role.SUPERVISOR,
    name=NAME,
    phone=PHONE,
    false_alarms=1_000_000,
    doubtful=False,
)
REPORT = Report(
    signal_id=ID,
    verdict=Verdict.RETRANSMISSION,
    kind=Kind.INTRUSION,
    sender=SENDER,
    place=PLACE,
    received_at_ms=TIME_MS,
)
PICTURE_PATH = f"/v1/pictures/{ID}.jpg?until={TIME_MS // 1000}&seal={'s' * 22}"


def largest_alert() -> Alert:
    return Alert(
        alert_id=ID,
        version=1_000_000,
        state=AlertState.DISPATCHED,
        kind=Kind.INTRUSION,
        urgency=Urgency.CRITICAL,
        quadrant=QUADRANT,
        edition=CODE,
        place=PLACE,
        sender=SENDER,
        front=FrontView(
            front_id=DEVICE_ID,
            name=NAME,
            barrio=NAME,
            coordinator=NAME,
            coordinator_phone=PHONE,
            sirens=1_000,
            cameras=1_000,
            buttons=1_000,
        ),
        reports=(REPORT,) * REPORTS_SHOWN,
        signals_total=1_000_000,
        told=Told(
            reach=Reach.NONE_CONNECTED,
            secondary=(CODE,) * SECONDARY_QUADRANTS_MAX,
            neighbours=(CODE,) * NEIGHBOUR_QUADRANTS_MAX,
            control_room=False,
            supervisors=False,
            delivered_to=1_000_000,
        ),
        owner=OwnerView(
            device_id=DEVICE_ID, name=NAME, quadrant=CODE, eta_s=14_400, arrival_overdue=False
        ),
        escalation=Escalation(step=Step.SUPERVISORS, rounds=1_000_000, next_at_ms=TIME_MS),
        cancel_requested_at_ms=TIME_MS,
        outcome=Outcome.FALSE_ALARM,
        note="🚨" * NOTE_CHARS,
        stages=Stages(*[TIME_MS] * len(Stages.__struct_fields__)),
        late=tuple(
            LateStage(stage=stage, took_ms=TIME_MS, budget_ms=1_000_000)
            for stage in ("received", "sent", "delivered", "accepted", "arrived")
        ),
        sirens=(SirenView(DEVICE_ID, NAME, SirenState.UNREACHABLE, TIME_MS),) * SIRENS_SHOWN,
        pictures=(PictureView(ID, DEVICE_ID, NAME, TIME_MS, PICTURE_PATH),) * PICTURES_SHOWN,
    )


def largest_receipt() -> Receipt:
    return Receipt(
        signal_id=ID,
        alert_id=ID,
        version=1_000_000,
        verdict=Verdict.RETRANSMISSION,
        stage=Stage.DELIVERED,
        quadrant=QUADRANT,
        found_by=FoundBy.LAST_KNOWN,
        reach=Reach.NONE_CONNECTED,
        stored=False,
        delivered_to=1_000_000,
        patrol=NAME,
        eta_s=14_400,
        cancel_requested=False,
        outcome=Outcome.FALSE_ALARM,
        discreet=False,
        text=Text(es="ñ" * 400, en="n" * 400),
        journaled=False,
    )


def largest_error() -> Error:
    return Error(
        code=ErrorCode.SIGNAL_ID_CONFLICT,
        text=Text(es="ñ" * 400, en="🚨" * 400),
        field="position.accuracy_m",
        about="🚨" * 32,
        ref="\x01" * 64,  # six bytes each in JSON
        alert_id=ID,
    )


def largest_close() -> Close:
    return Close(ref="\x01" * 64, alert_id=ID, outcome=Outcome.FALSE_ALARM, note="🚨" * NOTE_CHARS)


@pytest.mark.parametrize("make", [largest_alert, largest_receipt, largest_error, largest_close])
def test_the_largest_message_fits_a_frame(make: Callable[[], Any]) -> None:
    assert len(encode(make())) <= MAX_FRAME_BYTES


def test_one_more_report_would_not_fit() -> None:
    alert = largest_alert()
    crowded = msgspec.structs.replace(alert, reports=(*alert.reports, REPORT))

    with pytest.raises(ValueError, match=r"Alert is \d+ bytes long"):
        encode(crowded)

"""What Traccar forwards is a press if it is a call for help, and the same press again."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.console.presses.traccar import KINDS, Forwarded, alarm_of
from protocol.messages import Signal
from protocol.vocabulary import Kind

NOW_MS = 1_795_000_000_000
SOS: dict[str, Any] = {
    "event": {
        "id": 7,
        "type": "alarm",
        "eventTime": "2026-11-18T12:26:39.500+00:00",
        "attributes": {"alarm": "sos"},
    },
    "position": {
        "id": 3,
        "latitude": 4.65,
        "longitude": -74.1,
        "accuracy": 8.0,
        "fixTime": "2026-11-18T12:26:30.000+00:00",
        "attributes": {"batteryLevel": 80},
    },
    "device": {"id": 1, "uniqueId": "tracker-7", "name": "Tracker"},
}


def pressed(forwarded: dict[str, Any], now_ms: int = NOW_MS) -> Signal | None:
    return alarm_of(msgspec.convert(forwarded, Forwarded, strict=False), "tracker-7", now_ms)


def test_an_sos_is_a_press_at_its_place() -> None:
    signal = pressed(SOS)
    assert signal is not None
    assert (signal.kind, signal.source_device_id) == (Kind.PANIC, "tracker-7")
    assert signal.pressed_at_ms == 1_795_004_799_500
    assert signal.position is not None
    assert (signal.position.lat, signal.position.accuracy_m) == (4.65, 8.0)
    assert signal.position.age_s == 0, "its clock is ahead of ours"
    assert msgspec.convert(msgspec.to_builtins(signal), Signal) == signal, "a valid one"


@given(st.integers(0, 2**40))
def test_the_same_forwarded_again_is_the_same_press(later_ms: int) -> None:
    first, again = pressed(SOS), pressed(SOS, NOW_MS + later_ms)
    assert first is not None
    assert again is not None
    assert first.signal_id == again.signal_id
    other = pressed(SOS | {"event": SOS["event"] | {"id": 8}})
    assert other is not None
    assert other.signal_id != first.signal_id


@pytest.mark.parametrize(
    ("alarm", "kind"),
    [*((alarm, kind) for alarm, kind in KINDS.items()), ("lowBattery,sos", Kind.PANIC)],
)
def test_a_position_alone_may_hold_the_alarm(alarm: str, kind: Kind) -> None:
    position = SOS["position"] | {"attributes": {"alarm": alarm}}
    signal = pressed({"position": position, "device": SOS["device"]})
    assert signal is not None
    assert signal.kind is kind


@pytest.mark.parametrize(
    "changed",
    [
        {"event": SOS["event"] | {"type": "deviceOnline"}},
        {"event": SOS["event"] | {"attributes": {"alarm": "overspeed"}}},
        {"event": SOS["event"] | {"attributes": {"alarm": 5}}},
        {"event": None},
        {"event": None, "position": None},
    ],
)
def test_anything_else_calls_nobody(changed: dict[str, Any]) -> None:
    assert pressed(SOS | changed) is None


@pytest.mark.parametrize(
    "where", [{"latitude": 95.0}, {"longitude": None}, {"latitude": None}, {"longitude": -181.0}]
)
def test_without_a_place_it_is_a_press_all_the_same(where: dict[str, Any]) -> None:
    signal = pressed(SOS | {"position": SOS["position"] | where})
    assert signal is not None
    assert signal.position is None

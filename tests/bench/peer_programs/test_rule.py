import msgspec
from hypothesis import given
from hypothesis import strategies as st

from bench.peer_programs.rule import PeerScript, Rule, cell, dumps, read_script

SCRIPT = PeerScript(1, {"patrol-1": "7"}, {"4000:-74001": "7"}, {"kind": "panic"}, {"stored": True})
PRESS = {"signal_id": "x", "position": {"lat": 4.0005, "lon": -74.0005}}


def test_a_press_is_taken_once() -> None:
    rule = Rule(SCRIPT)
    raised = rule.press("app-1", PRESS)
    assert raised is not None
    assert raised.quadrant == "7"
    assert dumps(raised.alert).startswith('{"type":"alert","alert_id":"x","version":1,')
    assert dumps(raised.receipt).startswith('{"type":"receipt","signal_id":"x",')
    assert rule.press("app-1", PRESS) is None
    sender, receipt = rule.delivered({"alert_id": "x"})
    assert (sender, receipt["delivered_to"], receipt["stored"]) == ("app-1", 1, True)


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_place_is_in_its_cell(lat: float, lon: float) -> None:
    row, column = map(int, cell(lat, lon).split(":"))
    assert row <= lat * 1_000 < row + 1
    assert column <= lon * 1_000 < column + 1


def test_a_script_is_read(tmp_path) -> None:
    (tmp_path / "script.json").write_bytes(msgspec.json.encode(SCRIPT))
    assert read_script(str(tmp_path / "script.json")) == SCRIPT

import json

from prometheus_client import generate_latest
from structlog.testing import capture_logs

from dispatch.gateway.bounds import COMPLAIN_EVERY_S, UNKNOWN_ACCOUNTS_KEPT
from dispatch.gateway.tally import Tally


def test_every_fault_is_counted_and_few_are_logged() -> None:
    tally = Tally()
    with capture_logs() as logs:
        for number in range(1_000):
            tally.fault("panels", "bad_crc", number / 100)
        tally.fault("panels", "bad_crc", COMPLAIN_EVERY_S)
        tally.fault("buttons", "bad_mac", COMPLAIN_EVERY_S)
    assert [(each["reason"], each["times"]) for each in logs] == [
        ("bad_crc", 1),
        ("bad_crc", 1_000),
        ("bad_mac", 1),
    ]
    text = generate_latest(tally.collector).decode()
    assert 'cuadrante_gateway_faults_total{port="panels",reason="bad_crc"} 1001.0' in text


def test_unknown_accounts_are_kept_the_latest_first() -> None:
    tally = Tally()
    for number in range(UNKNOWN_ACCOUNTS_KEPT + 1):
        tally.knocks(f"{number:04}", number)
    tally.knocks("0001", 9_999)
    kept = tally.unknown_accounts()
    assert kept[0] == {"account": "0001", "times": 2, "last_ms": 9_999}
    assert len(kept) == UNKNOWN_ACCOUNTS_KEPT
    assert "0000" not in json.dumps([each["account"] for each in kept])


def test_what_is_watched_is_read_when_somebody_looks() -> None:
    tally, value = Tally(), [1]
    tally.watch("devices", "Devices.", lambda: value[0])
    value[0] = 7
    assert b"cuadrante_gateway_devices 7.0" in generate_latest(tally.collector)

import http.client
import json

import pytest

from dispatch.gateway.errors import CannotListen
from dispatch.gateway.exposition import Health, expose
from dispatch.gateway.tally import Tally

GREEN = Health(core_connected=True, roster_known=True, unsettled=0, unreadable_wirings=0)


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("health", "status"),
    [
        (GREEN, 200),
        (Health(False, True, 3, 0), 503),
        (Health(True, False, 0, 0), 503),
        (Health(True, True, 0, 2), 200),
    ],
)
def test_green_means_that_a_press_would_reach_the_core(health: Health, status: int) -> None:
    port = expose(0, Tally(), lambda: health)
    answered, body = get(port, "/healthz")
    assert answered == status
    said = json.loads(body)
    assert said["ok"] is (status == 200)
    assert said["unsettled"] == health.unsettled


def test_metrics_and_unknown_accounts_are_there() -> None:
    tally = Tally()
    port = expose(0, tally, lambda: GREEN)
    tally.knocks("9999", 7)
    tally.fault("panels", "bad_crc", 0.0)
    assert b"cuadrante_gateway_faults_total" in get(port, "/metrics")[1]
    accounts = json.loads(get(port, "/unknown_accounts")[1])
    assert accounts == [{"account": "9999", "times": 1, "last_ms": 7}]
    assert get(port, "/elsewhere")[0] == 404


def test_a_port_that_is_taken_says_what_to_do() -> None:
    port = expose(0, Tally(), lambda: GREEN)
    with pytest.raises(CannotListen, match="gateway_metrics_port"):
        expose(port, Tally(), lambda: GREEN)

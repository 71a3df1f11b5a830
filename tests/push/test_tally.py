import socket
from urllib.request import urlopen

import pytest

from dispatch.edge.exposure import ListenError
from dispatch.push.outcome import Outcome
from dispatch.push.tally import Tally, expose


def test_what_is_counted_is_shown_on_the_loopback() -> None:
    tally = Tally()
    tally.outcomes.labels("push.example", Outcome.ACCEPTED).inc()
    tally.watch("core_connected", "Whether.", lambda: True)
    port = expose(0, tally)
    with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        shown = answer.read().decode()
    assert 'cuadrante_push_outcomes_total{outcome="accepted",service="push.example"} 1.0' in shown
    assert "cuadrante_push_core_connected 1.0" in shown


def test_a_port_that_is_taken_is_said_with_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(ListenError, match="push_metrics_port"):
            expose(taken.getsockname()[1], Tally())

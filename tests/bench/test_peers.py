import shutil
from contextlib import ExitStack

import pytest

from bench import peers
from bench.city import plan_city
from bench.peers import PEERS, main, peer, script_of
from bench.turns import arena
from tests.bench.said import SAID

CITY = plan_city(quadrants=4, senders=20)


@pytest.mark.parametrize("name", PEERS)
def test_each_peer_does_the_job(name: str) -> None:
    lacks = PEERS[name].missing()
    if lacks:
        pytest.skip(lacks)
    with ExitStack() as stack:
        here = arena(stack, stack.enter_context(peer(name, CITY, SAID)), CITY, processes=1)
        turn = here.take_turn(100, 0.4)
        verdict, _ = here.judged(stores=False)
        assert verdict.is_clean, turn.calls.surprises
        assert verdict.sent == 40
        assert turn.calls.traffic.said == 40 * 3
        assert turn.calls.traffic.receipts == 40 * 3
        assert turn.cpu_us > 0


def test_messages_are_as_large_as_the_servers() -> None:
    script = script_of(CITY, SAID, 1)
    assert "alert_id" not in script.alert
    assert script.alert["text"] == "a" * 800
    assert len(script.cells) == len(CITY.senders)
    assert len(script.beats) == len(CITY.handhelds)


def test_what_is_missing_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    assert "apt-get install nodejs" in PEERS["node-ws"].missing()
    assert "apt-get install mosquitto" in PEERS["mosquitto"].missing()
    assert "nats-server is missing" in PEERS["nats"].missing()
    assert "no-such-package is missing" in peers._lacks_packages("no-such-package")


def test_an_unknown_peer_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--only", "carrier-pigeon"])
    assert "carrier-pigeon" in capsys.readouterr().err

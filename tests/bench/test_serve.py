import io
import sys

import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from bench.city import token_of
from bench.dialects import encode_client
from bench.serve import main
from protocol import SUBPROTOCOL
from protocol.messages import Hello


class Input(io.StringIO):
    """Whoever reads it is asked something first."""

    def __init__(self, ask) -> None:
        super().__init__()
        self._ask = ask

    def read(self, size: int | None = -1, /) -> str:
        self._ask()
        return super().read(size)


def test_its_devices_can_greet_until_its_input_ends(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    welcomed = []

    def greet() -> None:
        url = capsys.readouterr().out.strip()
        with connect(url, subprotocols=[Subprotocol(SUBPROTOCOL)], compression=None) as link:
            link.send(
                encode_client(Hello(device_id="button-0", token=token_of("button-0"))), text=True
            )
            welcomed.append(link.recv(10.0))

    monkeypatch.setattr(sys, "stdin", Input(greet))
    assert main(["--scale", "0.001"]) == 0
    assert '"role":"button"' in welcomed[0]

"""The kit's home-made button presses, and says what its lamp shows."""

from argparse import Namespace
from pathlib import Path

import pytest
import trio

from clients.demo.cast import Device
from clients.demo.reports import Answered, Connected, Pressed
from clients.demo.wall_button import act
from protocol.vocabulary import Kind, Role
from tests.clients.button.gateway import PATIENCE_S, Gateway, serving
from tests.clients.demo.stage import reported
from tests.protocol.button.vectors import DEVICE_ID, KEY


async def test_it_is_heard_and_its_lamp_is_reported(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    wiring = {"protocol": "button", "key_hex": KEY.hex()}
    button = Device(DEVICE_ID, Role.BUTTON, "Botón casero", wiring=wiring)
    gateway, stopping = Gateway(), trio.Event()
    async with serving(gateway, tcp=False), trio.open_nursery() as nursery:
        given = Namespace(dir=tmp_path, port=gateway.port, first_s=0.01, every_s=3600.0)
        nursery.start_soon(act, button, given, stopping)
        out = b""
        with trio.fail_after(PATIENCE_S):
            while not reported(out, Answered):
                await trio.sleep(0.01)
                out += capfdbinary.readouterr().out
        stopping.set()
    assert gateway.presses()
    out += capfdbinary.readouterr().out
    (press,) = reported(out, Pressed)
    assert (press.device_id, press.kind) == (DEVICE_ID, Kind.PANIC)
    assert "guardada" in reported(out, Answered)[0].what.es
    assert [each.up for each in reported(out, Connected)] == [True, False]
    assert (tmp_path / f"{DEVICE_ID}.json").stat().st_mode & 0o077 == 0

"""The kit's panel presses as panels do, encrypted, and says how soon it was acknowledged."""

import time
from argparse import Namespace
from pathlib import Path

import pytest
import trio

from clients.demo.kit import PANEL_ACCOUNT
from clients.demo.reports import Answered, Connected, Pressed
from clients.demo.wall_panel import act
from clients.panel import Transport
from protocol.sia_dc09.decode import Account, Message
from protocol.vocabulary import Kind, Role
from tests.clients.demo.stage import reported
from tests.clients.demo.test_on_the_wall import device
from tests.clients.receiver import receiver
from tests.patience import PATIENCE_S


async def test_it_is_heard_and_reports(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    panel = device(tmp_path, Role.BUTTON, "panel")
    assert panel.wiring is not None
    accounts = {PANEL_ACCOUNT: Account(bytes.fromhex(panel.wiring["key_hex"]))}
    stopping = trio.Event()
    async with (
        receiver(Transport.TCP, accounts, time.time()) as played,
        trio.open_nursery() as nursery,
    ):
        given = Namespace(port=played.port, first_s=0.01, every_s=3600.0)
        nursery.start_soon(act, panel, given, stopping)
        out = b""
        with trio.fail_after(PATIENCE_S):
            while not reported(out, Answered):
                await trio.sleep(0.01)
                out += capfdbinary.readouterr().out
        stopping.set()
    heard = played.heard[-1]
    assert isinstance(heard, Message)
    assert heard.events[0].meaning.kind is Kind.PANIC
    out += capfdbinary.readouterr().out
    (press,) = reported(out, Pressed)
    assert (press.device_id, press.kind) == (panel.device_id, Kind.PANIC)
    (answer,) = reported(out, Answered)
    assert "ACK" in answer.what.es
    assert [each.up for each in reported(out, Connected)] == [True, False]

import socket
import struct
from functools import partial
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from clients.button import device
from clients.button.datagram import DatagramButton
from clients.button.key import BootCount, ButtonKey
from clients.errors import NoLongerOpen, NotReceived, NotStored
from link.beside import beside
from link.errors import CredentialsError
from protocol.button.link import LinkState
from protocol.button.message import MessageType, Progress
from protocol.messages import Position
from protocol.vocabulary import Kind
from tests.clients.button.gateway import PATIENCE_S, Gateway, serving
from tests.protocol.button.samples import NOW_MS
from tests.protocol.button.vectors import DEVICE_ID, KEY

KNOWN = ButtonKey(DEVICE_ID, KEY.hex())


def button_at(gateway: Gateway, *, tcp: bool = False, linger_s: float = 5.0) -> DatagramButton:
    return DatagramButton(KNOWN, "127.0.0.1", gateway.port, tcp=tcp, linger_s=linger_s)


@pytest.mark.parametrize("tcp", [False, True])
async def test_a_press_is_followed_to_its_end(*, tcp: bool) -> None:
    gateway = Gateway()
    async with serving(gateway, tcp=tcp), button_at(gateway, tcp=tcp) as button:
        press = button.press(Kind.FIRE, position=Position(4.60971, -74.08175, 12.0))
        seen = []
        with trio.fail_after(PATIENCE_S):
            async for lamp in press.lamps():
                seen.append(lamp)
                if lamp == device.STORED:
                    gateway.says = (Progress.ACCEPTED, {"stored": True, "eta_min": 4})
                elif lamp == device.ACCEPTED:
                    assert press.pressed.eta_min == 4
                    gateway.says = (Progress.CLOSED, {"stored": True})
        assert seen == [device.SENDING, device.STORED, device.ACCEPTED, device.CLOSED]
        heard = gateway.presses()
        assert {(each.press, each.kind) for each in heard} == {(heard[0].press, Kind.FIRE)}
        assert heard[0].position == Position(4.60971, -74.08175, 12.0)


async def test_a_press_made_while_the_gateway_is_away_arrives_when_it_is_back() -> None:
    gateway = Gateway()
    async with serving(gateway, tcp=True):
        pass  # a port where nobody is
    async with button_at(gateway, tcp=True) as button:
        press = button.press()
        async with serving(gateway, tcp=True):
            with trio.fail_after(PATIENCE_S):
                await press.until(device.STORED)


async def test_a_gateway_that_was_restarted_is_found_again() -> None:
    gateway = Gateway()
    async with button_at_port_of(gateway) as button:
        async with serving(gateway, tcp=True):
            with trio.fail_after(PATIENCE_S):
                await button.press().until(device.STORED)
        press = button.press()
        async with serving(gateway, tcp=True):
            with trio.fail_after(PATIENCE_S):
                await press.until(device.STORED)


async def test_connections_that_are_reset_are_opened_again() -> None:
    gateway, resets = Gateway(), 0

    async def reset_then_serve(stream: trio.SocketStream) -> None:
        nonlocal resets
        if resets == 3:
            await gateway.serve_tcp(stream)
            return
        resets += 1
        await stream.receive_some()
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    gateway.port = listeners[0].socket.getsockname()[1]
    async with (
        beside(partial(trio.serve_listeners, reset_then_serve, listeners)),
        button_at(gateway, tcp=True) as button,
    ):
        with trio.fail_after(PATIENCE_S):
            await button.press().until(device.STORED)
    assert resets == 3


def button_at_port_of(gateway: Gateway) -> DatagramButton:
    with trio.socket.socket() as probe:
        probe._sock.bind(("127.0.0.1", 0))
        gateway.port = probe.getsockname()[1]
    return button_at(gateway, tcp=True)


async def test_a_press_can_be_taken_back() -> None:
    gateway = Gateway()
    async with serving(gateway), button_at(gateway) as button:
        press = button.press()
        await press.until(device.STORED)
        gateway.says = (Progress.DELIVERED, {"stored": True, "cancel_answered": True})
        button.cancel(press)
        cancel = await gateway.hears(MessageType.CANCEL)
        assert cancel.press == gateway.presses()[0].press
        with trio.fail_after(PATIENCE_S):
            await press.until(device.DELIVERED)


async def test_a_press_that_was_closed_has_got_past_all_else() -> None:
    gateway = Gateway()
    gateway.says = (Progress.CLOSED, {"stored": True})
    async with serving(gateway), button_at(gateway) as button:
        with trio.fail_after(PATIENCE_S):
            assert await button.press().until(device.ACCEPTED) == device.CLOSED


async def test_a_press_that_was_refused_is_not_waited_for() -> None:
    gateway = Gateway()
    gateway.says = (Progress.REFUSED, {})
    async with serving(gateway), button_at(gateway) as button:
        with trio.fail_after(PATIENCE_S), pytest.raises(NoLongerOpen):
            await button.press().until(device.RECEIVED)


async def test_leaving_says_that_nobody_has_heard(autojump_clock: MockClock) -> None:
    del autojump_clock  # the half minute passes at once
    button = DatagramButton(KNOWN, "127.0.0.1", 9, linger_s=30)
    with pytest.raises(NotReceived):
        async with button:
            button.press()


async def test_leaving_says_that_it_is_not_stored() -> None:
    gateway = Gateway()
    gateway.says = (Progress.RECEIVED, {})
    async with serving(gateway):
        button = button_at(gateway, linger_s=0.1)
        with pytest.raises(NotStored) as raised:
            async with button:
                await button.press().until(device.RECEIVED)
    assert not isinstance(raised.value, NotReceived)


async def test_each_start_is_counted_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "button.json"
    KNOWN.save(file)
    gateway = Gateway(LinkState(1))
    boots = []
    for _ in range(2):
        async with serving(gateway), DatagramButton(file, "127.0.0.1", gateway.port) as button:
            with trio.fail_after(PATIENCE_S):
                await button.press().until(device.STORED)
        boots.append(gateway.heard[-1].counter >> 32)
    assert boots == [NOW_MS // 1000, NOW_MS // 1000 + 1]
    assert BootCount(file).load() == boots[-1]


def test_a_button_without_a_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CredentialsError):
        DatagramButton(tmp_path / "none.json", "127.0.0.1", 9)

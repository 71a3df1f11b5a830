"""Devices of a live server: raw WebSocket clients, for what the SDK would not do or would hide."""

import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import trio
from websockets.exceptions import ConnectionClosed
from websockets.trio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from clients.uuid7 import new_signal_id
from link.enrolment import Credentials, enrol
from protocol import SUBPROTOCOL
from protocol.codec import decode_server, encode
from protocol.messages import (
    Accept,
    Alert,
    AnyServerMessage,
    ClientMessage,
    Close,
    Hello,
    Notice,
    Ping,
    Pong,
    Position,
    Receipt,
    Signal,
    Welcome,
)
from protocol.vocabulary import AlertState, Kind, NoticeCode, Outcome, Role, Stage
from tests.live.program import PATIENCE_S, Program


class Device:
    """One connection. Everything it waits for has a bound."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.welcome: Welcome | None = None

    async def say(self, *messages: ClientMessage) -> None:
        for message in messages:
            await self.socket.send(encode(message), text=True)

    async def hear(self) -> AnyServerMessage:
        with trio.fail_after(PATIENCE_S):
            return decode_server(await self.socket.recv(decode=False))

    async def hear_a(self, wanted: type[Any], is_it: Callable[[Any], bool] = lambda _: True) -> Any:
        """The next message of a type that is as wanted; what comes before is passed over."""
        while True:
            message = await self.hear()
            if isinstance(message, wanted) and is_it(message):
                return message

    async def hear_of(self, signal_id: str) -> Alert:
        """The next state of the alert that a signal raised or joined."""
        alert: Alert = await self.hear_a(
            Alert,
            lambda alert: (
                signal_id in (alert.alert_id, *(report.signal_id for report in alert.reports))
            ),
        )
        return alert

    async def receipt(self, stage: Stage) -> Receipt:
        receipt: Receipt = await self.hear_a(Receipt, lambda each: each.stage is stage)
        return receipt

    async def greet(self, device_id: str, token: str, on_duty: bool | None = None) -> Self:
        await self.say(Hello(device_id=device_id, token=token, on_duty=on_duty))
        self.welcome = await self.hear_a(Welcome)
        return self

    async def synced(self) -> list[AnyServerMessage]:
        """What is sent between `welcome` and `synced`."""
        sent = []
        while True:
            message = await self.hear()
            if isinstance(message, Notice) and message.code is NoticeCode.SYNCED:
                return sent
            sent.append(message)

    async def is_served(self) -> list[AnyServerMessage]:
        """Ping, and return what came before the pong: after it, nothing older can come."""
        ref = str(time.monotonic_ns())
        await self.say(Ping(ref=ref))
        before = []
        while True:
            message = await self.hear()
            if isinstance(message, Pong) and message.ref == ref:
                return before
            before.append(message)

    async def closed_with(self) -> int:
        """Read until the connection is closed, and say with which code (1006: none)."""
        try:
            with trio.fail_after(PATIENCE_S):
                while True:
                    await self.socket.recv(decode=False)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


def press(position: Position | None, kind: Kind = Kind.PANIC) -> Signal:
    now_ms = time.time_ns() // 1_000_000
    return Signal(signal_id=new_signal_id(), kind=kind, pressed_at_ms=now_ms, position=position)


@asynccontextmanager
async def connected(
    program: Program, origin: str | None = None, context: ssl.SSLContext | None = None
) -> AsyncIterator[Device]:
    """A connection that has not said who it is."""
    async with connect(
        program.url,
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        origin=None if origin is None else Origin(origin),
        ssl=context,
        compression=None,
        open_timeout=PATIENCE_S,
        ping_interval=None,
        close_timeout=1,
        max_queue=None,  # a full queue would keep the close from being read
    ) as socket:
        yield Device(socket)


async def credentials(
    program: Program, device_id: str, context: ssl.SSLContext | None = None
) -> Credentials:
    """Who a device is; it is enrolled with its code at the first asking."""
    if device_id not in program.tokens:
        got = await enrol(program.url, program.codes[device_id], ssl_context=context)
        program.tokens[device_id] = got.token
    return Credentials(device_id, Role.APP, program.tokens[device_id])


@asynccontextmanager
async def device(
    program: Program, device_id: str, *, on_duty: bool | None = None
) -> AsyncIterator[Device]:
    """A greeted device, brought up to date."""
    token = (await credentials(program, device_id)).token
    async with connected(program) as one:
        yield await one.greet(device_id, token, on_duty)


@asynccontextmanager
async def on_duty(program: Program, device_id: str) -> AsyncIterator[Device]:
    """A greeted device that may be called."""
    async with device(program, device_id, on_duty=True) as one:
        yield one


async def press_and_close(sender: Device, patrol: Device, position: Position) -> Alert:
    """One emergency from its press to its end. Returns the alert as the patrol first saw it."""
    signal = press(position)
    await sender.say(signal)
    seen = await patrol.hear_of(signal.signal_id)
    await patrol.say(
        Accept(alert_id=seen.alert_id), Close(alert_id=seen.alert_id, outcome=Outcome.REAL)
    )
    await patrol.hear_a(
        Alert, lambda each: each.alert_id == seen.alert_id and each.state is AlertState.CLOSED
    )
    return seen

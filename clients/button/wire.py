"""The two ways of a button's messages to the gateway: each alone over UDP, in a row over TCP."""

import socket
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import trio

from link.half_open import watch_for_silence
from protocol.button.message import ANSWER_BYTES

CONNECT_WITHIN_S: Final = 5.0


class Wire(ABC):
    """An open way to the gateway. Everything raises `OSError` or `trio.BrokenResourceError`."""

    @abstractmethod
    async def send(self, message: bytes) -> None:
        """Send one message."""

    @abstractmethod
    async def receive(self) -> bytes:
        """Wait for one answer, or for something that is none."""


class UdpWire(Wire):
    """A datagram is a message. That nobody is at the port now is no reason to open it anew."""

    def __init__(self, connected: trio.socket.SocketType) -> None:
        self._socket = connected

    async def send(self, message: bytes) -> None:
        """Send one message."""
        with suppress(ConnectionRefusedError):
            await self._socket.send(message)

    async def receive(self) -> bytes:
        """Wait for one datagram."""
        while True:
            with suppress(ConnectionRefusedError):
                return await self._socket.recv(ANSWER_BYTES + 1)


class TcpWire(Wire):
    """Messages have one length, and answers another: nothing stands between them."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._unread = b""

    async def send(self, message: bytes) -> None:
        """Send one message."""
        await self._stream.send_all(message)

    async def receive(self) -> bytes:
        """Wait for one answer."""
        while len(self._unread) < ANSWER_BYTES:
            more = await self._stream.receive_some(ANSWER_BYTES - len(self._unread))
            if not more:
                raise trio.BrokenResourceError
            self._unread += more
        answer, self._unread = self._unread, b""
        return answer


@asynccontextmanager
async def opened(host: str, port: int, *, tcp: bool) -> AsyncIterator[Wire]:
    """Open a way to the gateway. Raises `OSError`, or `trio.TooSlowError` after 5 s."""
    if tcp:
        with trio.fail_after(CONNECT_WITHIN_S):
            stream = await trio.open_tcp_stream(host, port)
        watch_for_silence(stream)
        async with stream:
            yield TcpWire(stream)
        return
    with trio.fail_after(CONNECT_WITHIN_S):
        found = await trio.socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    family, _, _, _, address = found[0]
    with trio.socket.socket(family, socket.SOCK_DGRAM) as connected:
        await connected.connect(address)
        yield UdpWire(connected)

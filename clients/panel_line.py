"""How a panel reaches its receiver: TCP or UDP, frames out and frames in."""

from typing import Protocol

import trio

from protocol.sia_dc09.bounds import FRAME_BYTES_MAX
from protocol.sia_dc09.splitter import Splitter, split_datagram


class Line(Protocol):
    """One way to one receiver. Raises `OSError` or `trio.BrokenResourceError` when it is gone."""

    async def send(self, frame: bytes) -> None:
        """Send one frame."""

    async def receive(self) -> list[bytes]:
        """Wait for something, and return the frames in it; there may be none."""

    async def aclose(self) -> None:
        """Hang up."""


class TcpLine:
    """A connection that is kept for as many frames as it lasts."""

    def __init__(self, stream: trio.abc.Stream) -> None:
        self._stream = stream
        self._splitter = Splitter()

    async def send(self, frame: bytes) -> None:
        """Send one frame."""
        await self._stream.send_all(frame)

    async def receive(self) -> list[bytes]:
        """Wait for something, and return the frames that it completes."""
        received = await self._stream.receive_some(FRAME_BYTES_MAX)
        if not received:
            raise trio.BrokenResourceError("the receiver hung up")
        return self._splitter.feed(bytes(received))

    async def aclose(self) -> None:
        """Hang up."""
        await trio.aclose_forcefully(self._stream)


class UdpLine:
    """A socket that hears one receiver only. What is lost is sent again by whoever uses it."""

    def __init__(self, socket: trio.socket.SocketType) -> None:
        self._socket = socket

    async def send(self, frame: bytes) -> None:
        """Send one frame."""
        await self._socket.send(frame)

    async def receive(self) -> list[bytes]:
        """Wait for a datagram, and return the frames in it."""
        return split_datagram(await self._socket.recv(FRAME_BYTES_MAX))

    async def aclose(self) -> None:
        """Hang up."""
        self._socket.close()


async def open_tcp(host: str, port: int) -> Line:
    """Connect. Raises `OSError` if nobody is there."""
    return TcpLine(await trio.open_tcp_stream(host, port))


async def open_udp(host: str, port: int) -> Line:
    """Open a socket to this address. Raises `OSError` if there is no such host."""
    found = await trio.socket.getaddrinfo(host, port, type=trio.socket.SOCK_DGRAM)
    family, kind, protocol, _, address = found[0]
    socket = trio.socket.socket(family, kind, protocol)
    try:
        await socket.connect(address)
    except BaseException:
        socket.close()
        raise
    return UdpLine(socket)

"""A small gateway for one button, over real sockets, that a test moves from stage to stage.

It judges with the real `ButtonLink`; what the server would say is what the test says.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any

import trio

from link.beside import beside
from protocol.button.link import ButtonLink, LinkState, nothing_known
from protocol.button.message import MESSAGE_BYTES, Message, MessageType, Progress
from tests.patience import PATIENCE_S
from tests.protocol.button.samples import NOW_MS
from tests.protocol.button.vectors import DEVICE_ID, KEY


class Gateway:
    """The link of one button, and what to answer it."""

    def __init__(self, state: LinkState | None = None) -> None:
        self.link = ButtonLink(DEVICE_ID, KEY, state or nothing_known(NOW_MS))
        self.says: tuple[Progress, dict[str, Any]] = (Progress.RECEIVED, {"stored": True})
        """How far presses have got."""
        self.deaf = False
        """Whether nothing is heard, as behind a broken network."""
        self.heard: list[Message] = []
        self.port = 0
        self._heard_more = trio.Event()

    def hear(self, datagram: bytes) -> bytes:
        """Take a message and return the answer; empty: none."""
        if self.deaf:
            return b""
        heard = self.link.hear(datagram, NOW_MS)
        if heard.message is None:
            return heard.challenge
        self.heard.append(heard.message)
        self._heard_more.set()
        if heard.message.type is MessageType.HEARTBEAT:
            return self.link.answer(heard.message, NOW_MS, Progress.ALIVE)
        progress, known = self.says
        return self.link.answer(heard.message, NOW_MS, progress, **known)

    def presses(self) -> list[Message]:
        """The messages that were about a press."""
        return [each for each in self.heard if each.type is MessageType.PRESS]

    async def hears(self, type_: MessageType) -> Message:
        """Wait for a message of a type, also an earlier one."""
        with trio.fail_after(PATIENCE_S):
            while True:
                for message in self.heard:
                    if message.type is type_:
                        return message
                self._heard_more = trio.Event()
                await self._heard_more.wait()

    async def serve_udp(self, listening: trio.socket.SocketType) -> None:
        while True:
            datagram, sender = await listening.recvfrom(2048)
            if answer := self.hear(datagram):
                await listening.sendto(answer, sender)

    async def serve_tcp(self, stream: trio.SocketStream) -> None:
        unread = b""
        with suppress(trio.BrokenResourceError):  # it left without waiting for the answer
            while more := await stream.receive_some():
                unread += more
                while len(unread) >= MESSAGE_BYTES:
                    answer = self.hear(unread[:MESSAGE_BYTES])
                    unread = unread[MESSAGE_BYTES:]
                    for at in range(len(answer)):  # as TCP may split it
                        await stream.send_all(answer[at : at + 1])


@asynccontextmanager
async def serving(gateway: Gateway, *, tcp: bool = False) -> AsyncIterator[Gateway]:
    """Open its socket, on `gateway.port` if it has one already."""
    if tcp:
        listeners = await trio.open_tcp_listeners(gateway.port, host="127.0.0.1")
        gateway.port = listeners[0].socket.getsockname()[1]
        serve = partial(trio.serve_listeners, gateway.serve_tcp, listeners)
        async with beside(serve):
            yield gateway
        return
    with trio.socket.socket(trio.socket.AF_INET, trio.socket.SOCK_DGRAM) as listening:
        await listening.bind(("127.0.0.1", gateway.port))
        gateway.port = listening.getsockname()[1]
        async with beside(partial(gateway.serve_udp, listening)):
            yield gateway

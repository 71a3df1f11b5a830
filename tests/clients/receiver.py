"""A receiver of alarm panels that a test plays by hand, over real TCP or UDP."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import trio

from clients.panel import Transport
from link.beside import beside
from protocol.sia_dc09.bounds import FRAME_BYTES_MAX
from protocol.sia_dc09.decode import Account, Message, decode
from protocol.sia_dc09.faults import Fault
from protocol.sia_dc09.reply import acknowledge, refuse
from protocol.sia_dc09.splitter import Splitter, split_datagram

PAD = b"p" * 16


@dataclass
class Receiver:
    """Reads what panels send, and answers as it must, unless a test says otherwise."""

    port: int
    accounts: dict[str, Account]
    now_s: float
    heard: list[Message | Fault] = field(default_factory=list)
    calls: int = 0
    """How many times somebody connected."""
    mute_for: int = 0
    """Leaves so many more messages without an answer."""
    hangs_up_for: int = 0
    """Hangs up on so many more of them."""
    instead: bytes | None = None
    """Answers this, whatever is said."""

    def answer(self, raw: bytes) -> bytes | None:
        found = decode(raw, self.accounts, self.now_s)
        self.heard.append(found)
        if self.mute_for:
            self.mute_for -= 1
            return None
        if self.instead is not None:
            return self.instead
        if isinstance(found, Fault):
            return refuse(found, self.now_s)
        key = self.accounts[found.header.account_id].key
        return acknowledge(found.header, key, PAD, self.now_s)

    async def serve_tcp(self, stream: trio.SocketStream) -> None:
        self.calls += 1
        splitter = Splitter()
        async with stream:
            async for received in stream:
                for raw in splitter.feed(bytes(received)):
                    answer = self.answer(raw)
                    if self.hangs_up_for:
                        self.hangs_up_for -= 1
                        return
                    if answer is not None:
                        await stream.send_all(answer)

    async def serve_udp(self, socket: trio.socket.SocketType) -> None:
        while True:
            received, sender = await socket.recvfrom(FRAME_BYTES_MAX)
            for raw in split_datagram(received):
                answer = self.answer(raw)
                if answer is not None:
                    await socket.sendto(answer, sender)


@asynccontextmanager
async def receiver(
    transport: Transport, accounts: dict[str, Account], now_s: float
) -> AsyncIterator[Receiver]:
    """Run one for as long as the block lasts."""
    opened = _tcp if transport is Transport.TCP else _udp
    async with opened(accounts, now_s) as played:
        yield played


@asynccontextmanager
async def _tcp(accounts: dict[str, Account], now_s: float) -> AsyncIterator[Receiver]:
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    played = Receiver(listener.socket.getsockname()[1], accounts, now_s)
    async with beside(partial(trio.serve_listeners, played.serve_tcp, [listener])):
        yield played


@asynccontextmanager
async def _udp(accounts: dict[str, Account], now_s: float) -> AsyncIterator[Receiver]:
    with trio.socket.socket(type=trio.socket.SOCK_DGRAM) as socket:
        await socket.bind(("127.0.0.1", 0))
        played = Receiver(socket.getsockname()[1], accounts, now_s)
        async with beside(partial(played.serve_udp, socket)):
            yield played

"""A core of a few lines behind a real WebSocket, whose mood a test decides."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from dispatch.console.presses.core_link import CoreAddress, CoreLink
from protocol import SUBPROTOCOL
from protocol.codec import decode_client, encode
from protocol.messages import (
    ClientMessage,
    Error,
    Hello,
    MessageFront,
    MessageReach,
    Ping,
    Pong,
    Receipt,
    ServerMessage,
    Signal,
    Text,
    Welcome,
)
from protocol.vocabulary import ErrorCode, FoundBy, Reach, Role, Stage, Verdict
from tests.store.on_asyncio import soon

WORDS = Text("Así es.", "So it is.")
TOKEN = "the console's token"


class ToyCore:
    """What it heard, and how it answers."""

    def __init__(self) -> None:
        self.heard: list[ClientMessage] = []
        self.mood = "stores"
        self.refuses: ErrorCode | None = None
        self.field: str | None = None

    async def converse(self, socket: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            async for frame in socket:
                message = decode_client(frame).message
                assert message is not None
                self.heard.append(message)
                if self.mood == "hangs up" and not isinstance(message, Hello):
                    self.mood = "stores"
                    await socket.close()
                    return
                for answer in self.answers(message):
                    await socket.send(encode(answer).decode())

    def answers(self, message: ClientMessage) -> list[ServerMessage]:
        if isinstance(message, Hello):
            assert message.token == TOKEN
            return [Welcome(message.device_id, Role.CONSOLE, "", 0, None, "", False, 0, 25)]
        if isinstance(message, Ping):
            return [Pong(now_ms=0, ref=message.ref)]
        if self.refuses is not None:
            about, ref = str(message.__struct_config__.tag), message.ref
            return [Error(self.refuses, WORDS, self.field, about, ref)]
        if isinstance(message, Signal):
            return self.receipts(message)
        if isinstance(message, MessageFront):
            return self.reaches(message)
        return []

    def reaches(self, message: MessageFront) -> list[ServerMessage]:
        reach = MessageReach(message.message_id, message.front_id, 12, 0, 0, stored=False)
        stored = msgspec.structs.replace(reach, sent_to=3, stored=True)
        return [reach] if self.mood == "forgets" else [reach, stored]

    def receipts(self, signal: Signal) -> list[Receipt]:
        receipt = Receipt(
            signal_id=signal.signal_id,
            alert_id=signal.signal_id,
            version=1,
            verdict=Verdict.FIRST,
            stage=Stage.RECEIVED,
            quadrant=None,
            found_by=FoundBy.NONE,
            reach=Reach.NO_QUADRANT,
            stored=False,
            delivered_to=0,
            patrol=None,
            eta_s=None,
            cancel_requested=False,
            outcome=None,
            discreet=False,
            text=WORDS,
        )
        stored = msgspec.structs.replace(receipt, version=2, stored=True)
        return [receipt] if self.mood == "forgets" else [receipt, stored]


@asynccontextmanager
async def toy_core() -> AsyncIterator[tuple[ToyCore, CoreLink]]:
    """A core that listens, and a link to it that is kept up."""
    core = ToyCore()

    async def introduce() -> None:
        return

    async with serve(
        core.converse, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)]
    ) as server:
        port = server.sockets[0].getsockname()[1]
        link = CoreLink(CoreAddress(f"ws://127.0.0.1:{port}/v1", "console", TOKEN), introduce)
        running = asyncio.create_task(link.run())
        try:
            await soon(link.wait_up())
            yield core, link
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

"""A server's side of the wire that a test plays by hand: real frames, over sockets or in memory.

It decides nothing. A test waits for a `visit`, then hears and says whatever its story needs.
"""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import trio
import trio.testing
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.server import ServerProtocol
from websockets.trio.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from link.beside import beside
from protocol import SUBPROTOCOL
from protocol.codec import decode_client, encode
from protocol.messages import AnyClientMessage, AnyServerMessage, Hello, Notice, Ping, Pong, Welcome
from protocol.vocabulary import NoticeCode, Role
from tests.clients.samples import SYNCED
from tests.patience import PATIENCE_S

VIRTUAL_PATIENCE_S = 600.0
"""The same in virtual time, where waiting costs nothing."""

M = TypeVar("M")


class Guest:
    """One connection, as the server sees it."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.mute = False
        """Whether pings go unanswered, as on a half-open link."""
        self.pings = 0
        self.left = trio.Event()
        self._said, self._heard = trio.open_memory_channel[AnyClientMessage](math.inf)

    async def listen(self) -> None:
        """Take in what the client says until it leaves."""
        try:
            while True:
                decoded = decode_client(await self.socket.recv(decode=False))
                assert decoded.fault is None, decoded.fault
                assert decoded.message is not None
                if not isinstance(decoded.message, Ping):
                    self._said.send_nowait(decoded.message)
                    continue
                self.pings += 1
                if not self.mute:
                    await self.say(Pong(now_ms=0, ref=decoded.message.ref))
        except ConnectionClosed:
            self._said.close()
            self.left.set()

    async def hear(self, kind: type[M]) -> M:
        """Return the next message, which must be of this kind."""
        with trio.fail_after(PATIENCE_S):
            message = await self._heard.receive()
        assert isinstance(message, kind), message
        return message

    async def hear_a(self, kind: type[M]) -> M:
        """Return the next message of this kind; what comes before is passed over."""
        while not isinstance(message := await self.hear(object), kind):
            pass
        return message

    def unheard(self) -> list[AnyClientMessage]:
        """Return what the client said beyond what was heard."""
        left = []
        while self._heard.statistics().current_buffer_used:
            left.append(self._heard.receive_nowait())
        return left

    async def say(self, *messages: AnyServerMessage) -> None:
        for message in messages:
            await self.socket.send(encode(message), text=True)

    async def welcome(
        self, *state: AnyServerMessage, ping_interval_s: int = 25, sync: bool = True
    ) -> Hello:
        """Hear the hello, welcome the device, and say the state and that it was all."""
        hello = await self.hear(Hello)
        role = Role.PATROL if hello.device_id.startswith("patrol") else Role.APP
        await self.say(
            Welcome(
                device_id=hello.device_id,
                role=role,
                name="43-A",
                now_ms=0,
                quadrant="MECAR001",
                edition="2024",
                on_duty=bool(hello.on_duty),
                open_alerts=len(state),
                ping_interval_s=ping_interval_s,
            ),
            *state,
        )
        if sync:
            await self.say(
                Notice(code=NoticeCode.SYNCED, text=SYNCED.text, count=len(state)),
            )
        return hello

    async def say_at_once(self, *messages: AnyServerMessage) -> None:
        """Have all of it arrive in one piece."""
        frames = [Frame(Opcode.TEXT, encode(each)).serialize(mask=False) for each in messages]
        await self.socket.stream.send_all(b"".join(frames))

    async def close(self, code: int) -> None:
        """Close the connection in good order."""
        await self.socket.aclose(code)

    async def cut(self) -> None:
        """Break the connection, as a lost network does: no close frame."""
        await trio.aclose_forcefully(self.socket.stream)

    async def gone(self) -> None:
        """Wait until the client has left."""
        with trio.fail_after(PATIENCE_S):
            await self.left.wait()


class Peer:
    """A server that waits for the test to play it."""

    patience_s = PATIENCE_S

    def __init__(self, url: str) -> None:
        self.url = url
        self._arrive, self._arrivals = trio.open_memory_channel[Guest](math.inf)

    async def visit(self) -> Guest:
        """Wait for the next connection."""
        with trio.fail_after(self.patience_s):
            return await self._arrivals.receive()

    async def attend(self, socket: ServerConnection) -> None:
        guest = Guest(socket)
        self._arrive.send_nowait(guest)
        await guest.listen()


@asynccontextmanager
async def peer(subprotocol: str = SUBPROTOCOL) -> AsyncIterator[Peer]:
    """Listen on a free port of the loopback."""
    waiting = Peer("")
    async with beside(), trio.open_nursery() as nursery:

        async def listen(task_status: trio.TaskStatus[Server]) -> None:
            await serve(
                waiting.attend,
                0,
                host="127.0.0.1",
                subprotocols=[Subprotocol(subprotocol)],
                compression=None,
                ping_interval=None,
                task_status=task_status,
            )

        server = await nursery.start(listen)
        port = server.listeners[0].socket.getsockname()[1]
        waiting.url = f"ws://127.0.0.1:{port}/v1"
        yield waiting
        nursery.cancel_scope.cancel()


class StickyStream(trio.abc.Stream):
    """A stream whose writes can get stuck in the middle, as when the other end stops reading, or
    fail while there is still something to be read, as when it was killed."""

    def __init__(self, inner: trio.abc.Stream) -> None:
        self.stuck = False
        self.broken = False
        self._inner = inner

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        if self.broken:
            raise trio.BrokenResourceError
        if self.stuck:
            await self._inner.send_all(bytes(data)[: len(data) // 2])
            await trio.sleep_forever()
        await self._inner.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._inner.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self._inner.receive_some(max_bytes)

    async def aclose(self) -> None:
        await self._inner.aclose()


class MemoryPeer(Peer):
    """The same without sockets, for virtual time: give its `dial` to a `Link`."""

    patience_s = VIRTUAL_PATIENCE_S

    def __init__(self, nursery: trio.Nursery) -> None:
        super().__init__("ws://127.0.0.1/v1")
        self.dialled_s: list[float] = []
        self.streams: list[StickyStream] = []
        self.refusing = 0
        """How many of the next dials fail."""
        self._nursery = nursery

    async def dial(self) -> trio.abc.Stream:
        self.dialled_s.append(trio.current_time())
        if self.refusing:
            self.refusing -= 1
            raise ConnectionRefusedError
        ours, theirs = trio.testing.memory_stream_pair()
        self._nursery.start_soon(self._serve, ours)
        self.streams.append(StickyStream(theirs))
        return self.streams[-1]

    async def _serve(self, stream: trio.abc.Stream) -> None:
        async with trio.open_nursery() as nursery:
            socket = ServerConnection(
                nursery,
                stream,
                ServerProtocol(subprotocols=[Subprotocol(SUBPROTOCOL)]),
                Server([], self._refuse),
                ping_interval=None,
                close_timeout=1,
            )
            await socket.handshake()
            await self.attend(socket)
            nursery.cancel_scope.cancel()

    @staticmethod
    async def _refuse(_: trio.abc.Stream) -> None:
        raise AssertionError("in memory, nothing listens")

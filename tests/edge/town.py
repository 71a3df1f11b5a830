"""A core without a database, on a real port: the edge as it is, a small town's registry."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from functools import wraps
from itertools import count
from typing import Any, ParamSpec, Self

import shapely
import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from dispatch.core.credentials import digest
from dispatch.core.dispatcher import Dispatcher
from dispatch.core.effects import Append, DropPushAddress, IssueToken, KeepPushAddress
from dispatch.core.events import Tick
from dispatch.core.facts import Fact
from dispatch.core.locate import Locator
from dispatch.core.quadrants import Edition, Quadrant
from dispatch.core.registry import Device, Registry
from dispatch.edge.front_door import FrontDoor
from dispatch.edge.health import Health
from dispatch.edge.listening import listen
from dispatch.edge.metrics import Metrics
from dispatch.edge.outbox import Outbox
from dispatch.edge.pulse import Pulse
from dispatch.edge.ticker import Ticker
from protocol import PATH, SUBPROTOCOL
from protocol.codec import decode_server, encode
from protocol.messages import (
    Alert,
    AnyServerMessage,
    ClientMessage,
    Hello,
    Ping,
    Pong,
    Position,
    Receipt,
    Signal,
    Welcome,
)
from protocol.vocabulary import Kind, Role
from tests.patience import PATIENCE_S

WEST = Quadrant("Q-W", "Oeste", "", "", "", shapely.box(-74.11, 4.60, -74.10, 4.61))
EAST = Quadrant("Q-E", "Este", "", "", "", shapely.box(-74.10, 4.60, -74.09, 4.61))
IN_WEST = Position(lat=4.605, lon=-74.105, accuracy_m=5)
IN_EAST = Position(lat=4.605, lon=-74.095, accuracy_m=5)

SERIAL = count(1)

Parameters = ParamSpec("Parameters")


def on_uvloop(
    test: Callable[Parameters, Coroutine[Any, Any, None]],
) -> Callable[Parameters, None]:
    """Run an `async def` test on the loop that the core runs on, within a bound."""

    @wraps(test)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        async def bounded() -> None:
            async with asyncio.timeout(3 * PATIENCE_S):
                await test(*args, **kwargs)

        uvloop.run(bounded())

    return run


def token_of(device_id: str) -> str:
    return f"token-of-{device_id}"


def device(device_id: str, role: Role, quadrant: str | None = None) -> Device:
    return Device(
        device_id,
        role,
        device_id.title(),
        quadrant=quadrant,
        token_hash=digest(token_of(device_id)),
    )


def signal_id() -> str:
    return f"01932f7a-5c00-7abc-8def-{next(SERIAL):012x}"


def press(position: Position | None = IN_WEST, kind: Kind = Kind.PANIC) -> Signal:
    return Signal(signal_id=signal_id(), kind=kind, position=position)


TOWNSPEOPLE = (
    *(device(name, Role.APP) for name in ("ana", "beto", "caro", "dora")),
    device("gate", Role.GATEWAY),
    device("patrol-w", Role.PATROL, WEST.code),
    device("patrol-w2", Role.PATROL, WEST.code),
    device("patrol-e", Role.PATROL, EAST.code),
    device("op", Role.OPERATOR),
)


class Peer:
    """One client of the town."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def say(self, *messages: ClientMessage) -> None:
        for message in messages:
            await self.socket.send(encode(message), text=True)

    async def hear(self) -> AnyServerMessage:
        async with asyncio.timeout(PATIENCE_S):
            return decode_server(await self.socket.recv(decode=False))

    async def hear_a(self, wanted: type[Any]) -> Any:
        """The next message of a type; what comes before is passed over."""
        while True:
            message = await self.hear()
            if isinstance(message, wanted):
                return message

    async def greet(
        self, device_id: str, on_duty: bool | None = None, token: str | None = None
    ) -> Self:
        token = token_of(device_id) if token is None else token
        await self.say(Hello(device_id=device_id, token=token, on_duty=on_duty))
        await self.hear_a(Welcome)
        return self

    async def is_served(self) -> None:
        """It is, or this raises."""
        await self.say(Ping())
        await self.hear_a(Pong)

    async def closed_with(self) -> int:
        """Read until the connection is closed, and say with which code (1006: none)."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    await self.socket.recv(decode=False)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006


@asynccontextmanager
async def open_peer(
    url: str,
    subprotocols: tuple[str, ...] = (SUBPROTOCOL,),
    origin: str | None = None,
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[Peer]:
    """Connect to a core, without greeting."""
    async with connect(
        url,
        subprotocols=[Subprotocol(each) for each in subprotocols] or None,
        origin=None if origin is None else Origin(origin),
        ssl=context,
        server_hostname=None if context is None else "localhost",
        compression=None,
        ping_interval=None,
        close_timeout=1,
        max_queue=None,
    ) as socket:
        yield Peer(socket)


class Town:
    """The edge, wired as `serve.Core` wires it, with what it records and issues kept in lists."""

    def __init__(self, connections_max: int = 100, origins: tuple[str, ...] = ()) -> None:
        registry = Registry(Locator(Edition("test", (WEST, EAST))), TOWNSPEOPLE)
        self.facts: list[Fact] = []
        self.lines: list[Append] = []
        self.wanted_tokens: list[IssueToken] = []
        self.addresses: list[KeepPushAddress | DropPushAddress] = []
        self.dispatcher = Dispatcher(registry)
        self.pulse = Pulse()
        self.metrics = Metrics(self.dispatcher, self.pulse)
        self.health = Health(self.dispatcher, self.pulse)
        self.outbox = Outbox(
            self.dispatcher,
            self.metrics,
            self.health,
            self._record,
            self.lines.append,
            self.wanted_tokens.append,
            write_address=self.addresses.append,
        )
        self.ticker = Ticker(self.dispatcher.next_deadline_s, lambda: self.outbox.handle(Tick()))
        self.outbox.on_applied = self.ticker.look
        self.door = FrontDoor(
            self.dispatcher,
            self.outbox,
            self.health,
            self.metrics,
            connections_max=connections_max,
            origins=origins,
        )
        self.port = 0

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}{PATH}"

    def _record(self, fact: Fact) -> None:
        self.metrics.count(fact)
        self.facts.append(fact)

    @asynccontextmanager
    async def peer(
        self,
        device_id: str | None = None,
        *,
        on_duty: bool | None = None,
        subprotocols: tuple[str, ...] = (SUBPROTOCOL,),
        origin: str | None = None,
        context: ssl.SSLContext | None = None,
    ) -> AsyncIterator[Peer]:
        """Connect; with a device's id, also greet."""
        url = self.url if context is None else self.url.replace("ws:", "wss:")
        async with open_peer(url, subprotocols, origin, context) as peer:
            if device_id is not None:
                await peer.greet(device_id, on_duty)
            yield peer

    @asynccontextmanager
    async def raw(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A plain TCP connection, for what no WebSocket library would send."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()

    async def ask(self, request: str) -> tuple[int, bytes]:
        """Send bytes as an HTTP client would. Returns the status (0: none) and the body."""
        async with self.raw() as (reader, writer), asyncio.timeout(PATIENCE_S):
            writer.write(request.encode())
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
            return int(head.split()[1]) if head else 0, body

    async def get(self, path: str, *headers: str) -> tuple[int, bytes]:
        return await self.ask("\r\n".join((f"GET {path} HTTP/1.1", "Host: x", *headers, "", "")))

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for what the server does by itself, looking at every turn of the loop."""
        async with asyncio.timeout(PATIENCE_S):
            while not is_so():  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0)


@asynccontextmanager
async def open_town(
    *,
    connections_max: int = 100,
    origins: tuple[str, ...] = (),
    context: ssl.SSLContext | None = None,
) -> AsyncIterator[Town]:
    """A town whose port is open for as long as the block lasts."""
    town = Town(connections_max, origins)
    port = await listen(town.door.connect, "127.0.0.1", 0, context)
    town.port = port.number
    try:
        yield town
    finally:
        port.close()
        for connection in list(town.door.connections):
            connection.abort()
        async with asyncio.timeout(PATIENCE_S):
            await town.door.empty.wait()


async def pressed_and_seen(sender: Peer, patrol: Peer, signal: Signal) -> tuple[Receipt, Alert]:
    """Press, and wait until both the sender and the patrol know."""
    await sender.say(signal)
    return await sender.hear_a(Receipt), await patrol.hear_a(Alert)

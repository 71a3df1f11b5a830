"""The console's one connection to the core: an ordinary client of it, kept up and asked through.

A press, or a message to a front, is sent until the core says that it is stored. A command is
followed by a ping: what the core says between the two is its answer, and the pong says that this
was all.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from secrets import SystemRandom
from time import monotonic
from typing import Final, TypeAlias

import msgspec
import orjson
import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from dispatch.console.bounds import (
    CORE_ANSWERS_WITHIN_S,
    CORE_OPENS_WITHIN_S,
    CORE_WAITING_MAX,
    RESEND_S,
)
from dispatch.trust import OwnCertificate
from link.backoff import full_jitter_s
from protocol import MAX_FRAME_BYTES, SUBPROTOCOL
from protocol.codec import ESSENTIAL_SIGNAL_FIELDS, decode_server, encode
from protocol.messages import (
    ClientMessage,
    Error,
    Hello,
    MessageFront,
    MessageReach,
    Ping,
    Pong,
    Receipt,
    Signal,
    Welcome,
)
from protocol.vocabulary import BLAME, Blame, ErrorCode, Stage

CLIENT: Final = "cuadrante-console/0.1"
PING_EVERY_S: Final = 10.0
PONG_WITHIN_S: Final = 4.0
SETTLED_AFTER_S: Final = 10.0
"""A connection that lived so long was a good one: the next back-off starts anew."""

log = structlog.get_logger()
# Below WARNING, websockets logs whole frames, and `hello` holds the token.
_quiet = logging.getLogger("cuadrante.console.websocket")
_quiet.setLevel(logging.WARNING)

Heard: TypeAlias = "asyncio.Queue[Receipt | MessageReach | Error | Pong | None]"
"""What the core says about one press or command. None: the connection was lost."""


class CoreAway(Exception):  # noqa: N818 - a state of the core, named as such
    """The core did not answer in time. What was asked may have been done all the same."""


class CoreRefused(Exception):  # noqa: N818 - the core's answer
    """The core will not do it."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.code)
        self.error = error


@dataclass(frozen=True, slots=True)
class CoreAddress:
    """Where the core is, and who the console is to it."""

    url: str
    device_id: str
    token: str = field(repr=False)
    own: OwnCertificate | None = None
    """Of a core on this machine that speaks TLS."""


class CoreLink:
    """Asks the core on behalf of whoever the console has let in."""

    def __init__(self, address: CoreAddress, introduce: Callable[[], Awaitable[None]]) -> None:
        """`introduce` makes the console known to the registry; called before each connection."""
        self.address = address
        self._introduce = introduce
        self._socket: ClientConnection | None = None
        self._up = asyncio.Event()
        self._waiting: dict[str, list[Heard]] = {}
        self._numbers = count(1)

    async def wait_up(self) -> None:
        """Return once the core has welcomed us."""
        await self._up.wait()

    async def press(self, signal: Signal) -> Receipt:
        """Send a press until it is stored, and return the receipt that says so.

        Raises `CoreAway` when that takes too long; `CoreRefused` when it will never be taken.
        """
        stored = await self._until_stored(signal, signal.signal_id)
        assert isinstance(stored, Receipt), "what is said of a press"  # noqa: S101
        return stored

    async def say(self, message: MessageFront) -> MessageReach:
        """Say something to a front until it is stored, and return how far it has got by then.

        Raises as `press` does.
        """
        stored = await self._until_stored(message, message.message_id)
        assert isinstance(stored, MessageReach), "what is said of a message"  # noqa: S101
        return stored

    async def act(self, command: ClientMessage) -> None:
        """Send a command, and return once the core has done it.

        Raises `CoreAway`, `CoreRefused`.
        """
        ref = f"act-{next(self._numbers)}"
        command = msgspec.structs.replace(command, ref=ref)
        with self._waiting_for(ref) as heard:
            async with _in_time():
                await self._say(command, Ping(ref=ref))
                answer = await heard.get()
        if answer is None:
            raise CoreAway
        if isinstance(answer, Error):
            raise CoreRefused(answer)

    async def run(self) -> None:
        """Keep the connection up, until cancelled."""
        attempt, jitter = 0, SystemRandom().random
        while True:
            started_s = monotonic()
            try:
                await self._introduce()
                await self._live()
            except (OSError, TimeoutError, WebSocketException) as error:
                log.info("core_away", reason=type(error).__name__)
            finally:
                self._lost()
            attempt = 0 if monotonic() - started_s >= SETTLED_AFTER_S else attempt + 1
            await asyncio.sleep(full_jitter_s(attempt, jitter))

    # --- one connection ---------------------------------------------------------------------------

    async def _live(self) -> None:
        own = self.address.own
        if own is not None:
            own.trust()
        async with connect(
            self.address.url,
            ssl=None if own is None else own.context,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            proxy=None,
            open_timeout=CORE_OPENS_WITHIN_S,
            ping_interval=None,
            close_timeout=1,
            max_size=8 * MAX_FRAME_BYTES,
            logger=_quiet,
        ) as socket:
            async with asyncio.timeout(CORE_OPENS_WITHIN_S):
                await self._greet(socket)
            self._socket = socket
            self._up.set()
            async with _beside(self._keep_alive(socket)):
                with suppress(ConnectionClosed):
                    while True:
                        self._hear(await socket.recv(decode=False))

    async def _greet(self, socket: ClientConnection) -> None:
        address = self.address
        hello = Hello(device_id=address.device_id, token=address.token, client=CLIENT)
        await socket.send(encode(hello), text=True)
        while not isinstance(_read(await socket.recv(decode=False)), Welcome):
            pass

    async def _keep_alive(self, socket: ClientConnection) -> None:
        """Give up a connection that does not answer."""
        with self._waiting_for("alive") as heard:
            while True:
                await asyncio.sleep(PING_EVERY_S)
                await socket.send(encode(Ping(ref="alive")), text=True)
                try:
                    async with asyncio.timeout(PONG_WITHIN_S):
                        await heard.get()
                except TimeoutError:
                    log.warning("core_silent")
                    socket.transport.abort()
                    return

    def _hear(self, frame: bytes) -> None:
        message = _read(frame)
        match message:
            case Receipt():
                key: str | None = message.signal_id
            case MessageReach():
                key = message.message_id
            case Error() | Pong():
                key = message.ref
            case _:
                return
        for heard in self._waiting.get(key or "", ()):
            heard.put_nowait(message)

    def _lost(self) -> None:
        self._socket = None
        self._up.clear()
        for waiting in self._waiting.values():
            for heard in waiting:
                heard.put_nowait(None)

    # --- within -----------------------------------------------------------------------------------

    async def _say(self, *messages: ClientMessage) -> None:
        """Send, once there is a connection. A connection that breaks meanwhile is heard of."""
        while (socket := self._socket) is None:
            await self._up.wait()
        with suppress(ConnectionClosed):
            for message in messages:
                await socket.send(encode(message), text=True)

    def _waiting_for(self, key: str) -> "_Waiting":
        if len(self._waiting) >= CORE_WAITING_MAX:
            raise CoreAway
        return _Waiting(self._waiting, key)

    async def _until_stored(
        self, message: Signal | MessageFront, name: str
    ) -> Receipt | MessageReach:
        message = msgspec.structs.replace(message, ref=name)
        with self._waiting_for(name) as heard:
            async with _in_time():
                while True:
                    await self._say(message)
                    stored = await self._stored(heard)
                    if stored is not None:
                        return stored

    async def _stored(self, heard: Heard) -> Receipt | MessageReach | None:
        """Wait for the news that says `stored`. None: send it again."""
        with suppress(TimeoutError):
            async with asyncio.timeout(RESEND_S):
                while (news := await heard.get()) is not None:
                    if isinstance(news, Receipt) and (news.stored or news.stage is Stage.CLOSED):
                        return news
                    if isinstance(news, MessageReach) and news.stored:
                        return news
                    if isinstance(news, Error) and _is_final(news):
                        raise CoreRefused(news)
        return None


class _Waiting:
    """A queue of what is heard about one thing, for as long as the block lasts."""

    def __init__(self, waiting: dict[str, list[Heard]], key: str) -> None:
        self._all, self._key = waiting, key
        self._heard: Heard = asyncio.Queue()

    def __enter__(self) -> Heard:
        self._all.setdefault(self._key, []).append(self._heard)
        return self._heard

    def __exit__(self, *_: object) -> None:
        self._all[self._key].remove(self._heard)
        if not self._all[self._key]:
            del self._all[self._key]


def _is_final(error: Error) -> bool:
    """Say whether it will never be taken; a detail of a press that was left out does not count."""
    if error.code is ErrorCode.BAD_FIELD and error.about == "signal":
        return error.field in ESSENTIAL_SIGNAL_FIELDS
    return BLAME[error.code] is not Blame.SERVER


def _read(frame: bytes) -> object:
    try:
        return decode_server(frame)
    except (msgspec.ValidationError, orjson.JSONDecodeError):
        return None  # a newer core may say things that we are too old to know


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(CORE_ANSWERS_WITHIN_S):
            yield
    except TimeoutError:
        raise CoreAway from None


@asynccontextmanager
async def _beside(work: Awaitable[None]) -> AsyncIterator[None]:
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, ConnectionClosed):
            await task

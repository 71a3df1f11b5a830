"""One authenticated link to the server, kept up through any number of disconnects."""

import math
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from secrets import SystemRandom
from typing import Final, Protocol

import trio

from link.backoff import CAP_S, URGENT_CAP_S, full_jitter_s
from link.beside import beside
from link.enrolment import Credentials
from link.errors import Refused
from link.feed import Feed, Reader
from link.half_open import watch_for_silence
from link.outbound import A_DEVICES_ROOM, Room
from link.wire import (
    BROKEN,
    CLOSE_WITHIN_S,
    Ending,
    Wire,
    check_address,
    opened,
    urgent,
    why_broken,
)
from protocol.close_codes import may_reconnect
from protocol.codec import encode
from protocol.messages import AnyServerMessage, ClientMessage, Hello, Text, Welcome
from protocol.vocabulary import Role

CLIENT_NAME: Final = "cuadrante-sdk/0.1"
SETTLED_AFTER_S: Final = 10.0
"""A connection that lived so long was a good one: the next back-off starts anew."""
WAITED_FOR_S: Final = 120.0
"""So long after a press, or an answer, somebody is taken to wait for it."""
LEAVE_WITHIN_S: Final = 2.0
END_WITHIN_S: Final = 2 * CLOSE_WITHIN_S
"""A connection that is over is let go by then, whatever is still waited for in it."""

Dial = Callable[[], Awaitable[trio.abc.Stream]]


class Owner(Protocol):
    """Who a link works for. Called from one task, never waited for."""

    def greeted(self, welcome: Welcome) -> None:
        """The link is up: what it is given to send now goes first."""

    def heard(self, message: AnyServerMessage) -> None:
        """The server said something (`welcome` and answers to the link's own pings excepted)."""

    def lost(self) -> None:
        """The link is down; whatever was not answered may never have arrived."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """Whether the link is up, and why not if it is down."""

    up: bool
    why: Text


UP: Final = LinkState(True, Text("Conectado.", "Connected."))


class Link:
    """Connects, says hello, hands messages to its owner, and reconnects until it is refused.

    It forgets what it was given to send when a connection ends: owners keep what must not be lost
    and send it again in `greeted`.

        link = Link("wss://server/v1", credentials, owner)
        async with kept_up(link):
            ...

    `jitter` draws a number from 0 to 1. `dial` opens the byte stream, where plain TCP to the
    address will not do (a modem, a tunnel). `client` names the program to the server;
    `room` is for one that speaks for many devices.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        owner: Owner,
        *,
        ssl_context: ssl.SSLContext | None = None,
        on_duty: bool | None = None,
        jitter: Callable[[], float] | None = None,
        dial: Dial | None = None,
        client: str = CLIENT_NAME,
        room: Room = A_DEVICES_ROOM,
    ) -> None:
        """Raises `BadAddress` unless the URL is `wss://`, or `ws://` on this machine."""
        check_address(url)
        self.on_duty = on_duty
        self._url = url
        self._credentials = credentials
        self._owner = owner
        self._ssl_context = ssl_context
        self._jitter = jitter or SystemRandom().random
        self._dial = dial
        self._client = client
        self._room = room
        self._wire: Wire | None = None
        self._hurried = trio.Event()
        self._waited_for_s = -math.inf
        self._leaving = False
        self._ended = trio.Event()
        self._states: Feed[LinkState] = Feed()
        self._state: LinkState | None = None

    @property
    def up(self) -> bool:
        """Whether the server has welcomed the present connection."""
        return self._wire is not None

    def states(self) -> Reader[LinkState]:
        """Follow how the link goes up and down, for a person to see."""
        return self._states.reader([] if self._state is None else [(None, self._state)])

    def send(self, message: ClientMessage, *, routine: bool = False) -> bool:
        """Queue a message on the present connection. False: there is none.

        Routine messages go at a pace and let all others pass. Raises `ValueError` for a message
        that no frame can hold.
        """
        frame = encode(message)
        if self._wire is None:
            return False
        self._wire.put(frame, routine=routine)
        return True

    def hurry(self) -> None:
        """Someone waits: reconnect now if the link is down, make sure it answers if it is up."""
        self._hurried.set()
        self._waited_for_s = trio.current_time()
        if self._wire is not None:
            self._wire.doubt()

    async def run(self) -> None:
        """Keep the link up until `leave`. Raises `Refused` when there is no use in returning."""
        attempt = 0
        while not self._leaving:
            started_s = trio.current_time()
            ending = await self._live()
            self._owner.lost()
            if ending.code is not None and not may_reconnect(ending.code):
                raise Refused(ending.code)
            self._tell(LinkState(False, ending.why))
            if trio.current_time() - started_s >= SETTLED_AFTER_S:
                attempt = 0
            if not self._leaving:
                attempt = await self._pause(attempt)
        self._ended.set()

    async def leave(self) -> None:
        """Say goodbye: what is queued and urgent goes out, then the connection is closed."""
        self._leaving = True
        if self._wire is not None:
            self._wire.finish()
            await self._ended.wait()

    async def _live(self) -> Ending:
        """Live one connection to its end."""
        wire: Wire | None = None
        with trio.CancelScope() as scope:
            try:
                stream = None if self._dial is None else await self._dial()
                async with opened(self._address(), self._ssl_context, stream) as socket:
                    watch_for_silence(socket.stream)
                    wire = Wire(socket, scope, self._room)
                    try:
                        await self._converse(wire)
                    finally:
                        # With frames unread, `websockets` 16 and 17 would wait for ever for their
                        # reader to go on once the writer has found the connection broken.
                        scope.deadline = trio.current_time() + END_WITHIN_S
            except BROKEN as error:
                return Ending(why_broken(error))
        if wire is None or wire.ending is None:
            return Ending(Text("Se perdió la conexión.", "The connection was lost."))
        return wire.ending

    def _address(self) -> str:
        return urgent(self._url) if self._is_urgent() else self._url

    def _is_urgent(self) -> bool:
        """Whoever is called, or has somebody waiting, is let in before those who only wait."""
        waits_for_s = trio.current_time() - self._waited_for_s
        return self._credentials.role is not Role.APP or waits_for_s < WAITED_FOR_S

    async def _converse(self, wire: Wire) -> None:
        device_id, token = self._credentials.device_id, self._credentials.token
        hello = Hello(device_id=device_id, token=token, on_duty=self.on_duty, client=self._client)
        welcome = await wire.greet(hello)
        if welcome is None:
            return
        self._wire = wire
        self._hurried = trio.Event()
        try:
            self._tell(UP)
            self._owner.greeted(welcome)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(wire.write)
                nursery.start_soon(wire.keep_alive, welcome.ping_interval_s)
                await wire.read(self._owner.heard)
                nursery.cancel_scope.cancel()
        finally:
            self._wire = None

    async def _pause(self, attempt: int) -> int:
        """Wait before reconnecting, unless someone is in a hurry. Returns the next attempt."""
        cap_s = URGENT_CAP_S if self._is_urgent() else CAP_S
        with trio.move_on_after(full_jitter_s(attempt, self._jitter, cap_s)):
            await self._hurried.wait()
            self._hurried = trio.Event()
            return 0
        return attempt + 1

    def _tell(self, state: LinkState) -> None:
        if state != self._state:
            self._state = state
            self._states.put(None, state)


@asynccontextmanager
async def kept_up(link: Link, *tasks: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Run a link, and what else its owner runs, for as long as the block lasts.

    Leaving the block in good order says goodbye; an error or a cancellation hangs up. A link that
    is refused cancels the block, and `Refused` is raised from it.
    """
    async with beside(link.run, *tasks):
        yield
        with trio.move_on_after(LEAVE_WITHIN_S):
            await link.leave()

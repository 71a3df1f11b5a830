"""One port number, over TCP and UDP, for devices that may be slow, silent, broken or hostile.

    bytes → frames (the desk's splitter) → desk.hear → an answer at once, or later through `say`

Whoever takes without giving is cut off by a bound of its own; nobody waits for anybody else.
"""

import errno
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Final

import trio

from dispatch.gateway.bounds import (
    ANSWERED_WITHIN_S,
    ANSWERS_WAITING_MAX,
    BACKLOG,
    BAD_FRAMES_MAX,
    DATAGRAM_BYTES_MAX,
    GOOD_WITHIN_S,
    IDLE_S,
    JUNK_BYTES_MAX,
    PROBE_AFTER_S,
    PROBE_EVERY_S,
    PROBES,
    READ_BYTES,
    SEND_WITHIN_S,
)
from dispatch.gateway.desk import Desk
from dispatch.gateway.door import Door, Pace, Paces
from dispatch.gateway.errors import CannotListen
from dispatch.gateway.tally import Tally

GONE: Final = (trio.BrokenResourceError, trio.ClosedResourceError, OSError)
PAIRS_TRIED: Final = 16


@dataclass(frozen=True, slots=True)
class Sockets:
    """The two sockets of one port number, bound."""

    tcp: trio.SocketListener
    udp: socket.socket
    port: int


@asynccontextmanager
async def bound(host: str, port: int, *, setting: str) -> AsyncIterator[Sockets]:
    """Have TCP and UDP on the same number (0: any that is free for both) for as long as the block.

    Raises `CannotListen`, naming the `setting` to change.
    """
    sockets = await _bind(host, port, setting)
    async with sockets.tcp:
        with sockets.udp:
            yield sockets


async def _bind(host: str, port: int, setting: str) -> Sockets:
    for _ in range(PAIRS_TRIED):
        try:
            (listener, *_others) = await trio.open_tcp_listeners(port, host=host, backlog=BACKLOG)
            number = int(listener.socket.getsockname()[1])
            udp = socket.socket(listener.socket.family, socket.SOCK_DGRAM)
            udp.setblocking(False)
            try:
                udp.bind((host, number))
            except OSError:
                udp.close()
                await listener.aclose()
                if port:
                    raise
                continue
            return Sockets(listener, udp, number)
        except OSError as error:
            why = error.strerror or str(error)
            raise CannotListen(
                f"cannot listen on {host} port {port}: {why}. "
                f"Is another gateway running? Choose another with {setting}."
            ) from error
    raise CannotListen(f"found no port that is free for TCP and UDP on {host}: set {setting}")


async def serve(desk: Desk, sockets: Sockets, tally: Tally) -> None:
    """Serve a port until it is cancelled."""
    door = Door()
    tally.connections.labels(desk.name).set_function(lambda: door.connections)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_serve_datagrams, desk, sockets.udp, tally)
        while True:
            try:
                stream = await sockets.tcp.accept()
            except OSError as error:
                if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS):
                    raise
                tally.fault(desk.name, "no_room_for_sockets", trio.current_time())
                await trio.sleep(SEND_WITHIN_S)
                continue
            nursery.start_soon(_attend, desk, stream, door, tally, nursery)


# --- UDP ------------------------------------------------------------------------------------------


async def _serve_datagrams(desk: Desk, udp: socket.socket, tally: Tally) -> None:
    paces = Paces()
    waiting = trio.socket.from_stdlib_socket(udp)
    while True:
        try:
            datagram, address = await waiting.recvfrom(DATAGRAM_BYTES_MAX)
        except OSError:
            continue  # an earlier answer found nobody (ICMP); it says so on the next call
        now_s = trio.current_time()
        if not paces.allows(address, now_s):
            tally.fault(desk.name, "too_fast", now_s)
            continue
        say = _sayer(udp, address)
        for frame in desk.splitter().feed(datagram):
            heard = desk.hear(frame, say)
            if heard.answer is not None:
                say(heard.answer)


def _sayer(udp: socket.socket, address: object) -> Callable[[bytes], None]:
    def say(answer: bytes) -> None:
        with suppress(OSError):  # it is lost like any datagram, and asked for again
            udp.sendto(answer, address)  # type: ignore[call-overload]

    return say


# --- TCP ------------------------------------------------------------------------------------------


async def _attend(
    desk: Desk, stream: trio.SocketStream, door: Door, tally: Tally, nursery: trio.Nursery
) -> None:
    try:
        address = str(stream.socket.getpeername()[0])
    except OSError:
        return await trio.aclose_forcefully(stream)
    if not door.enter(address):
        tally.fault(desk.name, "no_room", trio.current_time())
        return await trio.aclose_forcefully(stream)
    guest = _Guest(desk, stream, nursery, lambda: door.known(address))
    try:
        with guest.scope:
            _find_the_gone(stream)
            guest.fault = await guest.read()
    except GONE:
        pass  # it left, or the network did
    finally:
        door.leave(address, stranger=guest.is_stranger)
        if guest.fault:
            tally.fault(desk.name, guest.fault, trio.current_time())
        await trio.aclose_forcefully(stream)


class _Guest:
    """One connection."""

    def __init__(
        self,
        desk: Desk,
        stream: trio.SocketStream,
        nursery: trio.Nursery,
        known: Callable[[], None],
    ) -> None:
        self.scope = trio.CancelScope()
        self.is_stranger = True
        self.fault = ""
        self._desk = desk
        self._stream = stream
        self._nursery = nursery
        self._known = known
        self._sending = trio.Lock()
        self._waiting = 0
        self._owed = 0
        self._bad = 0
        self._nothing_owed = trio.Event()

    async def read(self) -> str:
        """Read until the peer has had enough, or we have: then the reason is returned."""
        opened_s = trio.current_time()
        pace, splitter = Pace(opened_s), self._desk.splitter()
        while True:
            now_s = trio.current_time()
            until_s = opened_s + GOOD_WITHIN_S if self.is_stranger else now_s + IDLE_S
            with trio.move_on_at(until_s) as patience:
                data = await self._stream.receive_some(READ_BYTES)
            if patience.cancelled_caught:
                return "nothing_good" if self.is_stranger else "idle"
            if not data:
                await self._pay()
                return ""
            for frame in splitter.feed(data):
                if not pace.allows(trio.current_time()):
                    return "too_fast"
                if not await self._hear(frame):
                    return "too_many_bad"
            if splitter.dropped_bytes > JUNK_BYTES_MAX:
                return "junk"

    async def _hear(self, frame: bytes) -> bool:
        """Take one frame. False: it was one too many that is good for nothing."""
        heard = self._desk.hear(frame, self._say)
        self._owed += heard.is_owed
        if heard.answer is not None:
            await self._send(heard.answer)
        if heard.is_good and self.is_stranger:
            self.is_stranger = False
            self._known()
        self._bad += not heard.is_good
        return self._bad <= BAD_FRAMES_MAX

    async def _pay(self) -> None:
        """The peer has said all that it wanted, and may still wait for answers."""
        if self._owed > 0:
            with trio.move_on_after(ANSWERED_WITHIN_S):
                await self._nothing_owed.wait()

    def _say(self, answer: bytes) -> None:
        """Answer without waiting, from whatever task knows the answer."""
        if self._waiting >= ANSWERS_WAITING_MAX:
            self.fault = "does_not_read"
            self.scope.cancel()
        elif not self.scope.cancel_called:
            self._waiting += 1
            self._nursery.start_soon(self._send_later, answer)

    async def _send_later(self, answer: bytes) -> None:
        try:
            await self._send(answer)
        except GONE:
            self.scope.cancel()
        finally:
            self._waiting -= 1
            self._owed -= 1
            if self._owed <= 0:
                self._nothing_owed.set()

    async def _send(self, answer: bytes) -> None:
        with trio.move_on_after(SEND_WITHIN_S) as patience:
            async with self._sending:
                await self._stream.send_all(answer)
        if patience.cancelled_caught:
            self.fault = "does_not_read"
            self.scope.cancel()


def _find_the_gone(stream: trio.SocketStream) -> None:
    """Have the kernel end the connection of a peer that is there no more, and send answers now."""
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):  # Linux; elsewhere the idle bound remains
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, PROBE_AFTER_S)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_EVERY_S)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES)

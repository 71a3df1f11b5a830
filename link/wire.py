"""One WebSocket connection to the server, from its opening to its end."""

import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import count
from typing import Final
from urllib.parse import urlsplit

import msgspec
import orjson
import trio
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.trio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from link.errors import BadAddress, closed_because
from link.outbound import A_DEVICES_ROOM, Outbound, Room
from protocol import MAX_FRAME_BYTES, SUBPROTOCOL, URGENT
from protocol.codec import decode_server, encode
from protocol.messages import AnyServerMessage, Hello, Ping, Pong, Text, Welcome

CONNECT_WITHIN_S: Final = 10.0
WELCOME_WITHIN_S: Final = 10.0
ANSWER_WITHIN_S: Final = 4.0
"""A connection on which a ping has no answer for so long is taken for half-open and given up."""
SEND_WITHIN_S: Final = 5.0
CLOSE_WITHIN_S: Final = 1.0
PING_SHARE: Final = 2 / 3
"""Of the interval that `welcome` asks for, so that a slow network does not make a ping late."""
MAX_MESSAGE_BYTES: Final = 8 * MAX_FRAME_BYTES
"""More than any server sends: a handheld must not hang up on an alert for being a byte too long."""

BROKEN = (
    OSError,
    WebSocketException,
    trio.BrokenResourceError,
    trio.ClosedResourceError,
    ssl.SSLError,
    EOFError,
)
"""What opening or using a connection raises when the network or the server is at fault."""

# Below WARNING, websockets logs whole frames, and `hello` holds the token.
_quiet = logging.getLogger("cuadrante.clients.websocket")
_quiet.setLevel(logging.WARNING)
_log = logging.getLogger("cuadrante.clients")


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a connection ended. `code` is what the server closed it with, if it did."""

    why: Text
    code: int | None = None


def check_address(url: str) -> None:
    """Raise `BadAddress` unless the URL is `wss://`, or `ws://` on this machine.

    A token must not cross a network in clear.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname:
        raise BadAddress(
            Text(f"«{url}» no es la dirección de un servidor.", f"“{url}” is no server address."),
            Text("Escriba algo como wss://servidor/v1.", "Write something like wss://server/v1."),
        )
    if parts.scheme == "ws" and not _is_loopback(parts.hostname):
        raise BadAddress(
            Text(
                "Sin cifrado (ws://) solo se puede hablar con esta misma máquina.",
                "Plain ws:// is for this very machine only.",
            ),
            Text("Use wss://.", "Use wss://."),
        )


def urgent(url: str) -> str:
    """Return the address that asks to be let in before those who only wait."""
    return url if "?" in url else f"{url}?{URGENT}"


def opened(
    url: str, ssl_context: ssl.SSLContext | None = None, stream: trio.abc.Stream | None = None
) -> connect:
    """Return the context manager that opens a WebSocket to `url`, over `stream` if given."""
    return connect(
        url,
        stream=stream,
        ssl=ssl_context,
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        compression=None,
        proxy=None if _is_loopback(urlsplit(url).hostname or "") else True,
        open_timeout=CONNECT_WITHIN_S,
        ping_interval=None,
        close_timeout=CLOSE_WITHIN_S,
        max_size=MAX_MESSAGE_BYTES,
        logger=_quiet,
    )


def why_broken(error: BaseException) -> Text:
    """Say in words why a connection could not be opened."""
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        return Text(f"El servidor respondió HTTP {status}.", f"The server answered HTTP {status}.")
    if isinstance(error, ConnectionClosed):
        return _ending(error).why
    if isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError):
        return Text(
            "El certificado del servidor no es de confianza.", "The server's TLS was not trusted."
        )
    if isinstance(error, TimeoutError):
        return Text("El servidor no respondió a tiempo.", "The server did not answer in time.")
    return Text("No se pudo llegar al servidor.", "The server could not be reached.")


class Wire:
    """One open connection. Whoever owns it runs `write` and `keep_alive` beside `read`.

    `abort` ends it at once by cancelling `scope`, which must surround the whole connection: a
    cancelled `send` may have written half a frame, after which nothing may follow.
    """

    def __init__(
        self, socket: ClientConnection, scope: trio.CancelScope, room: Room = A_DEVICES_ROOM
    ) -> None:
        self.ending: Ending | None = None
        self._socket = socket
        self._scope = scope
        self._outbound = Outbound(room)
        self._doubted = trio.Event()
        self._asked = ""
        self._answered = trio.Event()

    def put(self, frame: bytes, *, routine: bool = False) -> None:
        """Queue a frame; routine ones go at a pace, after all others."""
        if not self._outbound.put(frame, routine=routine):
            self.abort(Text("El servidor no lee.", "The server does not read."))

    def finish(self) -> None:
        """Close in good order once everything urgent has been written."""
        self._outbound.close()

    def doubt(self) -> None:
        """Find out now, not at the next ping, whether the server still answers."""
        self._doubted.set()

    def abort(self, why: Text) -> None:
        """End the connection at once."""
        if self.ending is None:
            self.ending = Ending(why)
        self._scope.cancel()

    async def greet(self, hello: Hello) -> Welcome | None:
        """Say hello and wait for the welcome. None: the connection ended instead."""
        if self._socket.subprotocol != SUBPROTOCOL:
            self.abort(
                Text("No es un servidor de Cuadrante.", "That is no Cuadrante server."),
            )
        with trio.move_on_after(WELCOME_WITHIN_S):
            try:
                await self._socket.send(encode(hello), text=True)
                while True:
                    message = await self._receive()
                    if isinstance(message, Welcome):
                        return message
            except ConnectionClosed as closed:
                self.ending = _ending(closed)
                return None
        self.abort(Text("El servidor no saludó.", "The server did not welcome us."))
        return None

    async def read(self, hear: Callable[[AnyServerMessage], None]) -> None:
        """Hand all messages but answers to `keep_alive` to `hear` until the connection ends."""
        try:
            while True:
                message = await self._receive()
                if isinstance(message, Pong) and message.ref == self._asked:
                    self._answered.set()
                elif message is not None:
                    hear(message)
        except ConnectionClosed as closed:
            self.ending = _ending(closed)

    async def write(self) -> None:
        """Write what is queued; a frame that cannot be written in time ends the connection."""
        try:
            while (frame := await self._outbound.get()) is not None:
                with trio.move_on_after(SEND_WITHIN_S) as patience:
                    await self._socket.send(frame, text=True)
                if patience.cancelled_caught:
                    self.abort(Text("El servidor dejó de leer.", "The server stopped reading."))
                    return
            await self._socket.aclose()
        except ConnectionClosed:
            return  # `read` says why

    async def keep_alive(self, interval_s: float) -> None:
        """Ping often enough for the server, and give up a connection that does not answer.

        Only the answer to this very ping counts: what else is heard may be older than the fault,
        and says nothing about whether we are.
        """
        for number in count(1):
            with trio.move_on_after(interval_s * PING_SHARE):
                await self._doubted.wait()
            self._doubted = trio.Event()
            self._asked, self._answered = f"ping-{number}", trio.Event()
            self.put(encode(Ping(ref=self._asked)))
            with trio.move_on_after(ANSWER_WITHIN_S) as patience:
                await self._answered.wait()
            if patience.cancelled_caught:
                self.abort(
                    Text("El servidor dejó de responder.", "The server stopped answering."),
                )

    async def _receive(self) -> AnyServerMessage | None:
        frame = await self._socket.recv(decode=False)
        try:
            return decode_server(frame)
        except (msgspec.ValidationError, orjson.JSONDecodeError) as error:
            # A newer server may say things that this client is too old to know.
            _log.info("a frame of %d bytes was not understood: %s", len(frame), error)
            return None


def _ending(closed: ConnectionClosed) -> Ending:
    if closed.rcvd is None or closed.rcvd_then_sent is False:
        return Ending(closed_because(1006))
    return Ending(closed_because(closed.rcvd.code), closed.rcvd.code)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False

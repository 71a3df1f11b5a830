"""Who gets in: HTTP requests on the core's one port, and the WebSocket handshake.

`/v1` is the protocol, `/healthz` says whether a press would reach anybody, `/metrics` is for
Prometheus.
"""

import asyncio
import logging
from collections.abc import Sequence
from itertools import count

import orjson
from websockets.datastructures import Headers
from websockets.http11 import Request, Response
from websockets.protocol import Protocol, Side
from websockets.server import ServerProtocol
from websockets.typing import Origin, Subprotocol

from dispatch.core.dispatcher import Dispatcher
from dispatch.core.session import Session
from dispatch.edge.admission import Admission
from dispatch.edge.bounds import UNGREETED_SHARE
from dispatch.edge.clock import read_clock
from dispatch.edge.connection import Connection
from dispatch.edge.health import Health
from dispatch.edge.metrics import Metrics
from dispatch.edge.outbox import Outbox
from protocol import MAX_FRAME_BYTES, PATH, SUBPROTOCOL

_quiet = logging.getLogger("websockets.server")
_quiet.setLevel(logging.WARNING)  # its lines would hold peers' headers; ours say what matters


class FrontDoor:
    """Makes connections, counts them, and answers their first request."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        outbox: Outbox,
        health: Health,
        metrics: Metrics,
        *,
        connections_max: int,
        origins: Sequence[str] = (),
    ) -> None:
        self.outbox = outbox
        self.admission = Admission()
        self.connections: set[Connection] = set()
        self.empty = asyncio.Event()
        """Set while there is no connection."""
        self.empty.set()
        self._strangers: set[Connection] = set()
        self._dispatcher = dispatcher
        self._health = health
        self._metrics = metrics
        self._connections_max = connections_max
        # A client that is no browser sends no Origin; a browser's must be on the list.
        self._origins: list[Origin | None] = [*(Origin(origin) for origin in origins), None]
        self._session_ids = count(1)
        self._is_draining = False

    def connect(self) -> Connection:
        """Make the connection of a new socket: the event loop's protocol factory."""
        return Connection(self)

    def request_parser(self) -> ServerProtocol:
        """Make what reads a connection's request, and what comes with it."""
        return ServerProtocol(
            origins=self._origins,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            max_size=MAX_FRAME_BYTES,
            logger=_quiet,
        )

    def frame_parser(self) -> Protocol:
        """Make what reads and writes the rarer frames of a connection that is open."""
        return Protocol(Side.SERVER, max_size=MAX_FRAME_BYTES, logger=_quiet)

    def admit(self, connection: Connection) -> bool:
        """Say whether there is room for one more socket."""
        if len(self.connections) >= self._connections_max:
            return False
        if len(self._strangers) >= max(16.0, self._connections_max * UNGREETED_SHARE):
            return False
        self.connections.add(connection)
        self._strangers.add(connection)
        self.empty.clear()
        return True

    def is_known(self, connection: Connection) -> None:
        """A device has proved who it is, or is shown out."""
        self._strangers.discard(connection)

    def depart(self, connection: Connection) -> None:
        """A socket is gone."""
        self.connections.discard(connection)
        self._strangers.discard(connection)
        if not self.connections:
            self.empty.set()

    def answer(self, connection: Connection, ws: ServerProtocol, request: Request) -> Response:
        """Answer a request: open a session, or say something over plain HTTP."""
        match request.path.partition("?")[0]:
            case path if path == PATH:
                return self._handshake(connection, ws, request)
            case "/healthz":
                return self._healthz()
            case "/metrics":
                text = self._metrics.render(read_clock().mono_s)
                return _response(200, text, "text/plain; version=0.0.4; charset=utf-8")
            case _:
                return ws.reject(404, f"Only {PATH}, /healthz and /metrics are here.\n")

    def leave(self, session: Session) -> None:
        """A session ended."""
        self.outbox.connections.pop(session.session_id, None)
        self.outbox.do("session", session.gone, read_clock())

    def drain(self) -> None:
        """Announce the restart to every session; new ones are turned away."""
        self._is_draining = True
        for connection in list(self.connections):
            if connection.session is not None:
                self.outbox.do("session", connection.session.drain)

    def counted_close(self, code: int) -> None:
        """Count a connection that we closed."""
        self._metrics.closed.labels(str(code)).inc()

    def _handshake(self, connection: Connection, ws: ServerProtocol, request: Request) -> Response:
        if self._is_draining:
            return ws.reject(503, "The server is restarting; try again in a few seconds.\n")
        response = ws.accept(request)
        if response.status_code != 101:
            return response
        if ws.subprotocol != SUBPROTOCOL:
            return ws.reject(400, f"Ask for the WebSocket subprotocol {SUBPROTOCOL}.\n")
        session = Session(next(self._session_ids), self._dispatcher, read_clock())
        self.outbox.connections[session.session_id] = connection
        connection.open(session)
        return response

    def _healthz(self) -> Response:
        now = read_clock()
        reds, warnings = self._health.reds(now), self._health.warnings(now)
        body = {
            "status": "red" if reds else "green",
            "reasons": reds,
            "warnings": warnings,
            "details": self._health.details(),
            "registry_seq": self._health.registry_seq,
        }
        return _response(503 if reds else 200, orjson.dumps(body), "application/json")


def _response(status: int, body: bytes, content_type: str) -> Response:
    headers = Headers(
        [
            ("Connection", "close"),
            ("Content-Length", str(len(body))),
            ("Content-Type", content_type),
            ("Cache-Control", "no-store"),
        ]
    )
    return Response(status, "OK" if status == 200 else "Service Unavailable", headers, body)

"""Applying effects: each frame is encoded and framed once, then written once per recipient.

Nothing here waits. uvloop joins the writes of one turn of the loop into one system call a socket.
"""

import struct
from collections.abc import Callable
from typing import Any, ParamSpec

import structlog
from msgspec.structs import replace

from dispatch.core.dispatcher import Dispatcher
from dispatch.core.effects import (
    Append,
    CloseSession,
    DropPushAddress,
    Effect,
    IssueToken,
    KeepPushAddress,
    Record,
    Reply,
    Send,
)
from dispatch.core.events import Event, Written
from dispatch.core.facts import Fact
from dispatch.edge.clock import read_clock
from dispatch.edge.connection import Connection
from dispatch.edge.health import Health
from dispatch.edge.metrics import Metrics
from protocol import MAX_FRAME_BYTES
from protocol.codec import encode
from protocol.messages import Alert, ServerMessage

log = structlog.get_logger()

_FIN_TEXT = 0x81

Parameters = ParamSpec("Parameters")


def frame_text(payload: bytes) -> bytes:
    """Wrap a text payload as one unmasked server frame (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < 126:
        return struct.pack("!BB", _FIN_TEXT, size) + payload
    return struct.pack("!BBH", _FIN_TEXT, 126, size) + payload


class Outbox:
    """The connections by session, and the way of every effect to the network."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        metrics: Metrics,
        health: Health,
        record: Callable[[Fact], None],
        append: Callable[[Append], None],
        issue_token: Callable[[IssueToken], None],
        *,
        write_address: Callable[[KeepPushAddress | DropPushAddress], None],
    ) -> None:
        self.connections: dict[int, Connection] = {}
        self.read_at_s = 0.0
        """When the bytes that are being worked on were read."""
        self.on_applied: Callable[[], None] = lambda: None
        """Called after effects were applied: a deadline may have come nearer."""
        self._dispatcher = dispatcher
        self._metrics = metrics
        self._health = health
        self._way_of: dict[type, Callable[[Any], None]] = {
            Send: self._send,
            Reply: self._reply,
            Record: lambda effect: record(effect.fact),
            Append: append,
            CloseSession: self._close,
            IssueToken: issue_token,
            KeepPushAddress: write_address,
            DropPushAddress: write_address,
        }

    def handle(self, event: Event) -> None:
        """Give an event that no session brought to the dispatcher, and do what it says."""
        self.do("dispatcher", self._dispatcher.handle, event, read_clock())

    def do(
        self,
        where: str,
        step: Callable[Parameters, list[Effect]],
        *args: Parameters.args,
        **kwargs: Parameters.kwargs,
    ) -> bool:
        """Let the core take a step, and do what it says. False: it met a bug of ours instead."""
        try:
            effects = step(*args, **kwargs)
        except Exception:
            self.met_a_bug(where)
            return False
        self.apply(effects)
        return True

    def apply(self, effects: list[Effect]) -> None:
        """Do what the core wants done, in order; what fails keeps nothing else from being done."""
        for effect in effects:
            try:
                self._way_of[type(effect)](effect)
            except Exception:
                self.met_a_bug("effect")
        self.on_applied()

    def met_a_bug(self, where: str) -> None:
        """Say loudly that our own code failed. Health stays red until the process restarts."""
        self._health.has_bug = True
        self._metrics.bugs.labels(where).inc()
        log.exception("bug", where=where)

    def _send(self, send: Send) -> None:
        framed = self._framed(send.message, send.json)
        if framed is None:
            return
        session_of = self._dispatcher.city.presence.session_of
        for device_id in send.devices:
            connection = self.connections.get(session_of.get(device_id, 0))
            if connection is not None:
                self._write(connection, framed)
        if send.first_of is not None:
            now = read_clock()
            self._metrics.dispatch_s.add(now.mono_s - self.read_at_s)
            self._dispatcher.handle(Written(send.first_of), now)

    def _reply(self, reply: Reply) -> None:
        connection = self.connections.get(reply.session_id)
        framed = self._framed(reply.message)
        if connection is not None and framed is not None:
            self._write(connection, framed)

    def _close(self, close: CloseSession) -> None:
        connection = self.connections.get(close.session_id)
        if connection is not None:
            connection.close(close.code)

    def _write(self, connection: Connection, framed: bytes) -> None:
        """Write to one recipient: whatever happens there, the next one has its turn."""
        try:
            connection.write(framed)
            self._metrics.frames_sent.add()
        except Exception:
            self.met_a_bug("write")
            connection.abort()

    def _framed(self, message: ServerMessage, json: bytes | None = None) -> bytes | None:
        if json is not None and len(json) <= MAX_FRAME_BYTES:
            return frame_text(json)
        try:
            return frame_text(encode(message))
        except ValueError:
            self.met_a_bug("encode")
        if not isinstance(message, Alert):
            return None
        # The registry bounds its texts so that this cannot be; an alert still goes out without
        # what can be done without, rather than not at all.
        return frame_text(encode(replace(message, reports=(), front=None, note="")))

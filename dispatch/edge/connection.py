"""One socket: bytes in, frames out, over the `websockets` sans-IO protocol.

It does no work of its own: requests go to the front door, frames to the session, and what the
session wants done goes to the outbox.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from websockets.frames import BINARY, CONT, TEXT, Frame
from websockets.http11 import Request
from websockets.protocol import SEND_EOF, State
from websockets.server import ServerProtocol

from dispatch.core.session import Session
from dispatch.edge.bounds import (
    CLOSE_GRACE_S,
    CONTROL_ROOM_OUTBOX_MAX_BYTES,
    OUTBOX_MAX_BYTES,
    OUTBOX_PAUSE_BYTES,
    REQUEST_MAX_BYTES,
    STUCK_DEADLINE_S,
)
from dispatch.edge.clock import read_clock
from protocol.close_codes import CloseCode
from protocol.limits import HELLO_DEADLINE_S

if TYPE_CHECKING:
    from dispatch.edge.front_door import FrontDoor

INTERNAL_ERROR = 1011


class Connection(asyncio.Protocol):
    """A peer, from its first byte to its last."""

    __slots__ = (
        "_door",
        "_fragments",
        "_is_paused",
        "_request_bytes",
        "_timer",
        "_transport",
        "_ws",
        "session",
    )

    def __init__(self, door: "FrontDoor", ws: ServerProtocol) -> None:
        self.session: Session | None = None
        self._door = door
        self._ws = ws
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._fragments = b""
        self._request_bytes = 0
        self._is_paused = False

    # --- called by the event loop -----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=OUTBOX_PAUSE_BYTES)
        if self._door.admit(self):
            self._call_later(HELLO_DEADLINE_S, self.abort)
        else:
            self.abort()

    def data_received(self, data: bytes) -> None:
        if self._ws.state is State.CONNECTING:
            self._request_bytes += len(data)
            if self._request_bytes > REQUEST_MAX_BYTES:
                self.abort()
                return
        self._ws.receive_data(data)
        moment = read_clock()
        self._door.outbox.read_at_s = moment.mono_s
        for event in self._ws.events_received():
            if isinstance(event, Request):
                self._ws.send_response(self._door.answer(self, self._ws, event))
            elif self.session is not None:
                self._take_frame(cast(Frame, event), moment.wall_ms)
        self._flush()

    def eof_received(self) -> bool:
        self._ws.receive_eof()
        self._flush()
        return False

    def connection_lost(self, _exc: Exception | None) -> None:
        self._leave()
        self._transport = None
        self._door.depart(self)

    def pause_writing(self) -> None:
        self._is_paused = True
        self._call_later(STUCK_DEADLINE_S, self._close_if_stuck)

    def resume_writing(self) -> None:
        self._is_paused = False
        self._watch()

    # --- called by the outbox and the front door --------------------------------------------------

    def open(self, session: Session) -> None:
        """The handshake is done: frames belong to this session from now on."""
        self.session = session
        self._watch()

    def write(self, framed: bytes) -> None:
        """Hand bytes to the network, unless the peer reads so slowly that it has to go."""
        transport = self._transport
        if transport is None or transport.is_closing() or self._ws.state is not State.OPEN:
            return
        transport.write(framed)
        if self._is_paused and transport.get_write_buffer_size() > self._outbox_max_bytes():
            self.close(CloseCode.TOO_SLOW)

    def close(self, code: int, reason: str = "") -> None:
        """End the connection with a close code, after what was already written."""
        if self._transport is None:
            return
        if self._ws.state is State.OPEN:
            self._ws.send_close(code, reason or _reason(code))
            self._flush()
            self._door.counted_close(code)
        self._leave()
        self._call_later(CLOSE_GRACE_S, self.abort)

    def abort(self) -> None:
        """End the connection now."""
        if self._transport is not None:
            self._transport.abort()

    # --- within -----------------------------------------------------------------------------------

    def _take_frame(self, frame: Frame, received_at_ms: int) -> None:
        text = self._whole_message(frame)
        session = self.session
        if session is None or text is None:
            return
        outbox = self._door.outbox
        try:
            moment = read_clock()
            if frame.opcode is BINARY:
                effects = session.refuse_binary(moment)
            else:
                effects = session.receive(text, received_at_ms, moment)
        except Exception:
            # Our own bug. It costs the one who met it the connection, and no one else's press.
            self._door.met_a_bug("session")
            self.close(INTERNAL_ERROR)
            return
        outbox.apply(effects)

    def _whole_message(self, frame: Frame) -> bytes | None:
        """Join fragments (RFC 6455, section 5.4); their total is bounded by the protocol object."""
        if frame.opcode is TEXT or frame.opcode is BINARY:
            if frame.fin:
                return bytes(frame.data)
            self._fragments = bytes(frame.data)
        elif frame.opcode is CONT:
            self._fragments += frame.data
            if frame.fin:
                whole, self._fragments = self._fragments, b""
                return whole
        return None

    def _flush(self) -> None:
        """Send what the protocol object itself wants sent: handshake, pongs, close frames."""
        transport = self._transport
        for data in self._ws.data_to_send():
            if transport is None or transport.is_closing():
                return
            if data == SEND_EOF:
                transport.close()
            else:
                transport.write(data)
        if self._ws.close_expected():
            self._leave()
            self._call_later(CLOSE_GRACE_S, self.abort)

    def _leave(self) -> None:
        """The session is over, whatever the socket still does."""
        session, self.session = self.session, None
        if session is not None:
            self._door.leave(session)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _watch(self) -> None:
        """Look again when the session may have overstepped a deadline."""
        if self.session is not None:
            wait_s = self.session.next_check_s() - read_clock().mono_s
            self._call_later(max(0.0, wait_s) + 0.01, self._check)

    def _check(self) -> None:
        if self.session is not None:
            self._door.outbox.apply(self.session.check(read_clock()))
            self._watch()

    def _close_if_stuck(self) -> None:
        if self._is_paused:
            self.close(CloseCode.TOO_SLOW)

    def _outbox_max_bytes(self) -> int:
        if self.session is not None and self.session.is_control_room():
            return CONTROL_ROOM_OUTBOX_MAX_BYTES
        return OUTBOX_MAX_BYTES

    def _call_later(self, delay_s: float, callback: Callable[[], None]) -> None:
        """Set this connection's one timer: each of its states waits for one thing."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(delay_s, callback)


def _reason(code: int) -> str:
    try:
        return CloseCode(code).name.lower()
    except ValueError:
        return ""

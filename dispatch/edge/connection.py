"""One socket: bytes in, frames out, over the `websockets` sans-IO protocol.

It does no work of its own: requests go to the front door, frames to the session, and what the
session wants done goes to the outbox.
"""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from websockets.frames import BINARY, Frame
from websockets.http11 import Request
from websockets.protocol import SEND_EOF, Protocol, State
from websockets.server import ServerProtocol

from dispatch.core.moment import Moment
from dispatch.core.session import Session
from dispatch.edge.admission import Rank
from dispatch.edge.bounds import (
    BARE_FRAMES_MAX,
    BARE_FRAMES_PER_MESSAGE,
    CLOSE_GRACE_S,
    OUTBOX_MAX_BYTES,
    OUTBOX_PAUSE_BYTES,
    READ_SLICE_BYTES,
    SAID_MAX_BYTES,
    SAID_SLICE_BYTES,
    STUCK_DEADLINE_S,
    TOLD_MUCH_OUTBOX_MAX_BYTES,
    UNSERVED_MAX_BYTES,
)
from dispatch.edge.clock import read_clock
from dispatch.edge.collector import cut_cycles
from dispatch.edge.half_open import probe_while_idle
from dispatch.edge.knock import COME_BACK_LATER, is_urgent, is_whole
from dispatch.edge.splitter import Splitter, joined
from protocol.close_codes import CloseCode
from protocol.limits import HELLO_DEADLINE_S

if TYPE_CHECKING:
    from dispatch.edge.front_door import FrontDoor

INTERNAL_ERROR = 1011


class Connection(asyncio.Protocol):
    """A peer, from its first byte to its last."""

    __slots__ = (
        "_bare_frames",
        "_door",
        "_early",
        "_fragments",
        "_is_probed",
        "_is_urgent",
        "_splitter",
        "_timer",
        "_transport",
        "_unserved_bytes",
        "_ws",
        "is_slow",
        "session",
    )

    def __init__(self, door: "FrontDoor") -> None:
        self.session: Session | None = None
        """None before the handshake, and as soon as the end has begun."""
        self.is_slow = False
        """Whether the peer leaves more unread than the network takes for it."""
        self._door = door
        self._ws: Protocol | None = None
        """Reads the request, and is let go of with it; another reads the first frame that is no
        plain text, and what follows. Most connections never have one: 3.5 kB each."""
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._fragments = b""
        self._splitter: Splitter | None = None
        """None until the handshake is done, or where it was followed by frames in one go."""
        self._early = b""
        """What was sent and whose turn has not come."""
        self._is_urgent = False
        self._bare_frames = 0
        self._is_probed = False
        self._unserved_bytes = 0

    # --- called by the event loop -----------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=OUTBOX_PAUSE_BYTES)
        if self._door.admit(self):
            self._call_later(HELLO_DEADLINE_S, self._give_up)
        else:
            self.abort()

    def data_received(self, data: bytes) -> None:
        if self._is_stranger():
            self._queue(data)
        elif self._early or (self.session is not None and not self.session.may_press()):
            self._let_wait(data)
        else:
            self._take(data)

    def eof_received(self) -> bool:
        self._have_a_turn()
        if self._ws is not None:
            self._ws.receive_eof()
            self._flush()
        return False

    def connection_lost(self, _exc: Exception | None) -> None:
        if not self._is_stranger():
            self._hear_all()
        self._transport = None
        self._door.depart(self)
        session = self.session
        if session is None or session.device_id is None or session.is_awaited():
            self._end()  # that is soon done, or has to be known at once
        else:
            self._door.admission.put(Rank.GOES, self._end)

    def pause_writing(self) -> None:
        self.is_slow = True
        if self.session is not None:  # without one, the timer already leads to the end
            self._call_later(STUCK_DEADLINE_S, self._close_if_stuck)

    def resume_writing(self) -> None:
        self.is_slow = False
        self._watch()

    # --- called by the outbox and the front door --------------------------------------------------

    def open(self, session: Session) -> None:
        """The handshake is done: frames belong to this session from now on."""
        self.session = session
        self._watch()

    def write(self, framed: bytes) -> None:
        """Hand bytes to the network, unless the peer reads so slowly that it has to go."""
        transport, ws = self._transport, self._ws
        if transport is None or transport.is_closing():
            return
        if ws is not None and ws.state is not State.OPEN:
            return
        transport.write(framed)
        if self.is_slow and transport.get_write_buffer_size() > self._outbox_max_bytes():
            self.close(CloseCode.TOO_SLOW)

    def close(self, code: int, reason: str = "") -> None:
        """End the connection with a close code, after what was already written."""
        if self._transport is None:
            return
        if not self._is_connecting() and (ws := self._parser()).state is State.OPEN:
            ws.send_close(code, reason or _reason(code))
            self._flush()
            self._door.counted_close(code)
        self._leave()
        self._call_later(CLOSE_GRACE_S, self.abort)

    def abort(self) -> None:
        """End the connection now."""
        if self._transport is not None:
            self._transport.abort()

    # --- within -----------------------------------------------------------------------------------

    def _is_stranger(self) -> bool:
        if self.session is None:
            return self._is_connecting()
        return self.session.device_id is None

    def _is_connecting(self) -> bool:
        if self._ws is None:
            return self._splitter is None
        return self._ws.state is State.CONNECTING

    def _parser(self) -> Protocol:
        if self._ws is None:
            door = self._door
            self._ws = door.request_parser() if self._is_connecting() else door.frame_parser()
        return self._ws

    def _queue(self, data: bytes) -> None:
        """A stranger waits for its turn."""
        if len(self._early) + len(data) > UNSERVED_MAX_BYTES:
            if self.session is not None:
                self.close(CloseCode.FLOODING)
            self._stop_reading()
        elif not self._early:
            self._is_urgent = self._is_urgent or is_urgent(data)
            rank = Rank.URGENT if self._is_urgent else Rank.COMES
            if self.session is None and self._door.admission.is_full(rank):
                self._turn_away()
            else:
                self._early = data
                self._door.admission.put(rank, self._have_a_turn)
        else:
            self._early += data

    def _let_wait(self, data: bytes) -> None:
        """What is no press waits for those that are being read in this turn of the loop."""
        if not self._early:
            self._door.admission.put(Rank.SAYS, self._go_on)
        self._early += data
        if len(self._early) > SAID_MAX_BYTES:
            self._hear_all()

    def _go_on(self) -> None:
        """Work on some of what was said; on the rest when others have had their turn."""
        said, self._early = self._early[:SAID_SLICE_BYTES], self._early[SAID_SLICE_BYTES:]
        if said:
            self._take(said)
        if self._early:
            self._door.admission.put(Rank.SAYS, self._go_on)

    def _hear_all(self) -> None:
        """Nothing of what a device has said is left when it goes, or floods us."""
        said, self._early = self._early, b""
        if said:
            self._take(said)

    def _turn_away(self) -> None:
        if self._transport is not None:
            self._transport.write(COME_BACK_LATER)
            self._transport.close()

    def _have_a_turn(self) -> None:
        if self._transport is None or self._transport.is_closing():
            self._early = b""
        elif self._early:
            self._hear_all()
            if not self._is_stranger():
                self._door.is_known(self)

    def _take(self, data: bytes) -> None:
        now = read_clock()
        self._door.outbox.read_at_s = now.mono_s
        try:
            for start in range(0, len(data), READ_SLICE_BYTES):
                if not self._read(data[start : start + READ_SLICE_BYTES], now):
                    return
        except Exception:
            # Our own bug. It costs the one who met it the connection, and no one else's press.
            self._door.outbox.met_a_bug("connection")
            self.abort()

    def _read(self, data: bytes, now: Moment) -> bool:
        """Work on what was read. False: nothing more is wanted of this peer."""
        if self.session is None:
            self._unserved_bytes += len(data)
            if self._unserved_bytes > UNSERVED_MAX_BYTES:
                self._stop_reading()
                return False
        if self._splitter is None:
            return self._parse(data, now)
        for is_text, piece in self._splitter.split(data):
            if not is_text:
                self._parse(piece, now)
            elif self.session is not None:
                self._take_text(self.session, piece, now)
        return True

    def _parse(self, data: bytes, now: Moment) -> bool:
        """Have the protocol object read: the request, and every frame but a plain text."""
        ws = self._parser()
        ws.receive_data(data)
        for event in ws.events_received():
            if isinstance(event, Request):
                if ws.close_expected():  # what came with the request was no WebSocket frame
                    self.abort()
                    return False
                self._answer(cast(ServerProtocol, ws), event, is_all=is_whole(data))
            elif self.session is not None:
                self._take_frame(self.session, cast(Frame, event), now)
        self._flush()
        return True

    def _answer(self, ws: ServerProtocol, request: Request, *, is_all: bool) -> None:
        ws.send_response(self._door.answer(self, ws, request))
        self._flush()
        if is_all:  # else the parser may be within a frame already
            self._splitter = Splitter()
            if ws.state is State.OPEN:
                self._let_go_of_parser()

    def _stop_reading(self) -> None:
        """Hang up on a stranger; let a peer that we closed read why, and hear it no more."""
        if self._is_connecting() or self._transport is None:
            self.abort()
        else:
            self._transport.pause_reading()

    def _take_frame(self, session: Session, frame: Frame, now: Moment) -> None:
        if frame.opcode is BINARY:
            self._door.outbox.do("session", session.refuse_binary, now)
            return
        text, self._fragments = joined(self._fragments, frame)
        if text is None:
            self._bare_frames += 1
            if self._bare_frames > BARE_FRAMES_MAX:
                self.close(CloseCode.FLOODING)
            return
        self._take_text(session, text, now)

    def _take_text(self, session: Session, text: bytes, now: Moment) -> None:
        self._bare_frames = max(0, self._bare_frames - BARE_FRAMES_PER_MESSAGE)
        if not self._door.outbox.do("session", session.receive, text, now.wall_ms, now):
            self.close(INTERNAL_ERROR)
        elif not self._is_probed and session.is_awaited():
            self._probe()

    def _probe(self) -> None:
        """From now on it matters within seconds whether the other end is still there."""
        self._is_probed = True
        if self._transport is not None:
            probe_while_idle(self._transport.get_extra_info("socket"))

    def _flush(self) -> None:
        """Send what the protocol object itself wants sent: handshake, pongs, close frames."""
        transport, ws = self._transport, self._ws
        if ws is None:
            return
        for data in ws.data_to_send():
            if transport is None or transport.is_closing():
                return
            if data == SEND_EOF:
                transport.close()
            else:
                transport.write(data)
        if ws.close_expected():
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

    def _end(self) -> None:
        """Nothing is left of the socket."""
        self._leave()
        self._let_go_of_parser()

    def _let_go_of_parser(self) -> None:
        ws, self._ws = self._ws, None
        if ws is not None:
            cut_cycles(ws)

    def _watch(self) -> None:
        """Look again when the session may have overstepped a deadline."""
        if self.session is not None:
            wait_s = self.session.next_check_s() - read_clock().mono_s
            self._call_later(max(0.0, wait_s) + 0.01, self._check)

    def _give_up(self) -> None:
        """It did not even ask for anything; unless it did, and waits for us."""
        if self._early:
            self._call_later(HELLO_DEADLINE_S, self._give_up)
        else:
            self.abort()

    def _check(self) -> None:
        session = self.session
        if self._early:  # it is not the peer that is late
            self._call_later(HELLO_DEADLINE_S, self._check)
        elif session is not None:
            self._door.outbox.do("session", session.check, read_clock())
            self._watch()

    def _close_if_stuck(self) -> None:
        if self.is_slow:
            self.close(CloseCode.TOO_SLOW)

    def _outbox_max_bytes(self) -> int:
        if self.session is not None and self.session.is_told_much():
            return TOLD_MUCH_OUTBOX_MAX_BYTES
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

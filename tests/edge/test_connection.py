"""Real sockets against the real edge: what honest clients rely on, and what others try."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from dispatch.core import session as core_session
from dispatch.core.effects import CloseSession, Send
from dispatch.core.facts import Fact, FactKind
from dispatch.edge import connection as edge_connection
from dispatch.edge.bounds import (
    BARE_FRAMES_MAX,
    OUTBOX_MAX_BYTES,
    UNSERVED_MAX_BYTES,
)
from protocol import MAX_FRAME_BYTES, PATH, SUBPROTOCOL
from protocol.close_codes import CloseCode
from protocol.codec import encode
from protocol.limits import FRAMES_BURST
from protocol.messages import Error, Hello, Ping, Pong, Receipt
from protocol.vocabulary import ErrorCode
from tests.edge.town import (
    PATIENCE_S,
    Town,
    on_uvloop,
    open_town,
    press,
    pressed_and_seen,
    signal_id,
    token_of,
)

REQUEST = (
    f"GET {PATH} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
).encode()


def masked(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin).serialize(mask=True)


def text(data: bytes) -> bytes:
    return masked(Opcode.TEXT, data)


def hello(device_id: str) -> bytes:
    return encode(Hello(device_id=device_id, token=token_of(device_id)))


ON_DUTY = text(b'{"type":"duty","on_duty":true}')
OFF_DUTY = text(b'{"type":"duty","on_duty":false}')


async def upgraded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(REQUEST)
    async with asyncio.timeout(PATIENCE_S):
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")


async def close_code(reader: asyncio.StreamReader) -> int:
    """Read frames until the close frame; 1006 if the connection ends without one."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            while True:
                first, size = await reader.readexactly(2)
                if size == 126:
                    (size,) = struct.unpack("!H", await reader.readexactly(2))
                payload = await reader.readexactly(size)
                if first & 0x0F == Opcode.CLOSE:
                    return struct.unpack("!H", payload[:2])[0]
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return 1006


@on_uvloop
async def test_a_press_goes_from_socket_to_socket() -> None:
    async with (
        open_town() as town,
        town.peer("patrol-w", on_duty=True) as patrol,
        town.peer("ana") as ana,
    ):
        signal = press()
        receipt, alert = await pressed_and_seen(ana, patrol, signal)
    assert alert.alert_id == signal.signal_id == receipt.signal_id
    assert alert.quadrant is not None
    assert alert.quadrant.code == "Q-W"


@on_uvloop
async def test_a_message_may_come_in_fragments_with_a_ping_between() -> None:
    async with open_town() as town, town.raw() as (reader, writer):
        await upgraded(reader, writer)
        frame = hello("ana")
        writer.write(masked(Opcode.TEXT, frame[:1], fin=False))
        for byte in frame[1:-1]:
            writer.write(masked(Opcode.CONT, bytes([byte]), fin=False))
        writer.write(masked(Opcode.PING, b"there?"))
        writer.write(masked(Opcode.CONT, frame[-1:]))
        heard = b""
        async with asyncio.timeout(PATIENCE_S):
            while not (b'"welcome"' in heard and b"\x8a\x06there?" in heard):
                heard += await reader.read(4_096)
                assert heard


@on_uvloop
async def test_bytes_may_come_one_at_a_time() -> None:
    async with open_town() as town, town.raw() as (reader, writer):
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in REQUEST + text(hello("ana")):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE_S):
            assert b"101" in await reader.readuntil(b"\r\n\r\n")
            await reader.readuntil(b'"welcome"')


@on_uvloop
async def test_the_handshake_is_answered_before_what_came_with_it() -> None:
    async with open_town() as town, town.raw() as (reader, writer):
        writer.write(REQUEST + text(hello("ana")))
        async with asyncio.timeout(PATIENCE_S):
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
            await reader.readuntil(b'"welcome"')


@on_uvloop
async def test_half_a_frame_behind_the_request_may_end_like_one() -> None:
    ping = b'{"type":"ping"\r\n\r\n}'
    async with open_town() as town, town.raw() as (reader, writer):
        frame = bytes((0x81, 0x80 | len(ping))) + bytes(4) + ping  # its mask changes nothing
        writer.write(REQUEST + frame[:-1])
        async with asyncio.timeout(PATIENCE_S):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(frame[-1:] + text(hello("ana")))
            await reader.readuntil(b'"pong"')
            await reader.readuntil(b'"welcome"')


@on_uvloop
async def test_pings_of_both_kinds_are_answered() -> None:
    async with open_town() as town, town.peer("ana") as ana:
        async with asyncio.timeout(PATIENCE_S):
            await (await ana.socket.ping(b"x"))
        await ana.say(Ping(ref="7"))
        assert (await ana.hear_a(Pong)).now_ms > 0


@on_uvloop
async def test_a_frame_that_is_too_long_ends_its_connection_alone() -> None:
    async with open_town() as town, town.peer("beto") as beto, town.peer("ana") as ana:
        await ana.socket.send("x" * (MAX_FRAME_BYTES + 1))
        assert await ana.closed_with() == 1009
        await beto.is_served()


@on_uvloop
async def test_fragments_that_are_too_long_together_end_their_connection() -> None:
    async with open_town() as town, town.peer("ana") as ana:
        with suppress(ConnectionClosed):  # it may be told before it has sent them all
            await ana.socket.send(iter(["x" * (MAX_FRAME_BYTES // 2)] * 3))
        assert await ana.closed_with() == 1009


@on_uvloop
async def test_a_frame_as_long_as_may_be_is_read() -> None:
    async with open_town() as town, town.peer("ana") as ana:
        padding = MAX_FRAME_BYTES - len('{"type":"ping","x":""}')
        await ana.socket.send('{"type":"ping","x":"' + "x" * padding + '"}')
        await ana.hear_a(Pong)


@pytest.mark.parametrize("fin", [True, False])
@on_uvloop
async def test_binary_is_refused_in_one_piece_or_many(fin: bool) -> None:
    async with open_town() as town, town.raw() as (reader, writer):
        await upgraded(reader, writer)
        writer.write(masked(Opcode.BINARY, hello("ana"), fin=fin))
        assert await close_code(reader) == CloseCode.TEXT_ONLY


@on_uvloop
async def test_text_that_is_no_utf8_is_a_fault_and_the_connection_lives() -> None:
    async with open_town() as town, town.raw() as (reader, writer):
        await upgraded(reader, writer)
        writer.write(text(b'{"type":"\xff"}') + text(b'{"type":"ping"}'))
        async with asyncio.timeout(PATIENCE_S):
            await reader.readuntil(ErrorCode.BAD_JSON.encode())
            await reader.readuntil(b'"pong"')


@on_uvloop
async def test_a_press_with_not_a_number_still_goes_out_and_names_the_field() -> None:
    async with open_town() as town, town.peer("patrol-w", on_duty=True) as patrol:
        async with town.peer("ana") as ana:
            await ana.socket.send(
                f'{{"type":"signal","signal_id":"{signal_id()}","kind":"panic",'
                '"position":{"lat":NaN,"lon":-74.1}}'
            )
            assert (await ana.hear_a(Receipt)).reach == "no_quadrant"
            assert (await ana.hear_a(Error)).field == "position.lat"
        await patrol.is_served()


@pytest.mark.parametrize(
    "frame",
    [
        b"\x81\x05hello",  # not masked (RFC 6455, section 5.1)
        b"\xc1\x80\x00\x00\x00\x00",  # a reserved bit (section 5.2)
        b"\x83\x80\x00\x00\x00\x00",  # a reserved opcode
        b"\x80\x80\x00\x00\x00\x00",  # a continuation of nothing (section 5.4)
        b"\x09\x80\x00\x00\x00\x00",  # a ping in fragments (section 5.5)
    ],
)
@on_uvloop
async def test_broken_frames_end_the_connection_with_1002(frame: bytes) -> None:
    async with open_town() as town, town.raw() as (reader, writer), town.peer("ana") as ana:
        await upgraded(reader, writer)
        writer.write(frame)
        assert await close_code(reader) == 1002
        await ana.is_served()
        assert not town.health.has_bug


# --- before the handshake -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "rubbish",
    [
        "\r\n\r\n",
        "HELO mail\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",  # TLS on a plain port
        "POST /v1 HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc",
    ],
)
@on_uvloop
async def test_bad_http_is_hung_up_on(rubbish: str) -> None:
    async with open_town() as town:
        status, _ = await town.ask(rubbish)
        assert status in (0, 400)
        await town.until(lambda: not town.door.connections)
        assert not town.health.has_bug


@pytest.mark.parametrize("path", ["/healthz", PATH, "/nothing"])
@on_uvloop
async def test_rubbish_behind_a_request_is_no_bug_of_ours(path: str) -> None:
    async with open_town() as town:
        await town.ask(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n" + "\xff" * 64)
        await town.until(lambda: not town.door.connections)
        assert not town.health.has_bug


@on_uvloop
async def test_a_request_without_end_is_hung_up_on() -> None:
    async with open_town() as town, town.raw() as (reader, writer):
        writer.write(b"GET /v1 HTTP/1.1\r\n")
        for _ in range(2 * UNSERVED_MAX_BYTES // 1_000):
            writer.write(b"A: " + b"x" * 995 + b"\r\n")
        async with asyncio.timeout(PATIENCE_S):
            with suppress(ConnectionResetError):  # it had not read all of it
                assert await reader.read() == b""
        await town.until(lambda: not town.door.connections)


@on_uvloop
async def test_a_request_that_drips_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_connection, "HELLO_DEADLINE_S", 0.2)
    async with open_town() as town, town.raw() as (reader, writer):
        async with asyncio.timeout(PATIENCE_S):
            while not reader.at_eof():
                writer.write(b"G")
                try:
                    await asyncio.wait_for(reader.read(1), 0.02)
                except (TimeoutError, ConnectionError):
                    if reader.exception():
                        break
        assert not town.door.connections


# --- deadlines and floods -------------------------------------------------------------------------


@on_uvloop
async def test_who_does_not_greet_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_session, "HELLO_DEADLINE_S", 0.2)
    async with open_town() as town, town.peer() as stranger:
        await stranger.say(Ping())
        assert await stranger.closed_with() == CloseCode.HELLO_TIMEOUT


@on_uvloop
async def test_who_goes_quiet_is_closed_and_who_pings_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(core_session, "HELLO_DEADLINE_S", 0.3)
    monkeypatch.setattr(core_session, "QUIET_DEADLINE_S", 0.5)
    async with open_town() as town, town.peer("ana") as ana, town.peer("beto") as beto:

        async def keep_alive() -> None:
            while True:
                await beto.is_served()
                await asyncio.sleep(0.1)  # the interval at which it pings

        pinging = asyncio.create_task(keep_alive())
        assert await ana.closed_with() == CloseCode.GONE_QUIET
        pinging.cancel()
        await asyncio.gather(pinging, return_exceptions=True)
        await beto.is_served()


@contextmanager
def handheld(town: Town) -> Iterator[socket.socket]:
    """A handheld that has greeted, with a socket that can be written to between two turns."""
    with socket.create_connection(("127.0.0.1", town.port)) as there:
        there.sendall(REQUEST + text(hello("patrol-w2")))
        yield there


def duties(town: Town) -> list[Fact]:
    return [fact for fact in town.facts if fact.kind is FactKind.DUTY]


@on_uvloop
async def test_a_press_goes_before_what_a_handheld_said_earlier() -> None:
    async with open_town() as town:
        with handheld(town) as patrol, socket.create_connection(("127.0.0.1", town.port)) as phone:
            phone.sendall(REQUEST + text(hello("beto")))
            await town.until(lambda: len(town.dispatcher.city.presence.session_of) == 2)
            town.facts.clear()
            patrol.sendall(ON_DUTY + OFF_DUTY + ON_DUTY)
            phone.sendall(text(encode(press())))
            await town.until(lambda: len(duties(town)) == 3)
    kinds = [fact.kind for fact in town.facts]
    assert FactKind.SIGNAL in kinds[: kinds.index(FactKind.DUTY)]


@on_uvloop
async def test_what_was_said_before_the_end_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """However little of it there is time for in a turn."""
    monkeypatch.setattr(edge_connection, "SAID_SLICE_BYTES", 10)
    async with open_town() as town:
        with handheld(town) as patrol:
            await town.until(lambda: len(town.dispatcher.city.presence.session_of) == 1)
            town.facts.clear()
            patrol.sendall((ON_DUTY + OFF_DUTY) * 5)
        await town.until(lambda: not town.door.connections)
        assert len(duties(town)) == 10


@on_uvloop
async def test_what_is_said_in_slices_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_connection, "SAID_SLICE_BYTES", 7)
    async with open_town() as town, town.peer("patrol-w") as patrol:
        await patrol.say(*(Ping(ref=str(number)) for number in range(20)))
        assert [(await patrol.hear_a(Pong)).ref for _ in range(20)] == [str(n) for n in range(20)]


@pytest.mark.parametrize("who", ["beto", "patrol-w2"])
@on_uvloop
async def test_a_flood_of_messages_is_closed_and_holds_nobody_up(who: str) -> None:
    async with (
        open_town() as town,
        town.peer("patrol-w", on_duty=True) as patrol,
        town.peer("ana") as ana,
        town.raw() as (reader, writer),
    ):
        await upgraded(reader, writer)
        writer.write(text(hello(who)) + text(b'{"type":"ping"}') * 100_000)
        await pressed_and_seen(ana, patrol, press())
        assert await close_code(reader) == CloseCode.FLOODING
    frames = town.metrics.frames_sent.counts[()]
    assert frames < FRAMES_BURST + 20


@pytest.mark.parametrize("opcode", [Opcode.PING, Opcode.PONG, Opcode.CONT])
@on_uvloop
async def test_a_flood_of_frames_that_say_nothing_is_closed(opcode: Opcode) -> None:
    async with (
        open_town() as town,
        town.peer("patrol-w", on_duty=True) as patrol,
        town.peer("ana") as ana,
        town.raw() as (reader, writer),
    ):
        await upgraded(reader, writer)
        if opcode is Opcode.CONT:
            writer.write(masked(Opcode.TEXT, b"{", fin=False))
        bare = masked(opcode, b"", fin=opcode is not Opcode.CONT)
        writer.write(bare * 50 * BARE_FRAMES_MAX)
        await pressed_and_seen(ana, patrol, press())
        assert await close_code(reader) == CloseCode.FLOODING


@on_uvloop
async def test_pings_beside_messages_are_no_flood() -> None:
    async with open_town() as town, town.raw() as (reader, writer):
        await upgraded(reader, writer)
        writer.write(text(hello("gate")))
        pings = masked(Opcode.PING, b"") * 10
        writer.write((pings + text(b'{"type":"ping"}')) * (BARE_FRAMES_MAX // 5))
        writer.write(text(b'{"type":"ping","ref":"last"}'))
        async with asyncio.timeout(PATIENCE_S):
            await reader.readuntil(b'"ref":"last"')


@on_uvloop
async def test_who_is_closed_and_talks_on_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_connection, "CLOSE_GRACE_S", 0.3)
    async with open_town() as town, town.raw() as (reader, writer):
        await upgraded(reader, writer)
        writer.write(text(b'{"type":"hello","device_id":"ana","token":"wrong"}'))
        assert await close_code(reader) == CloseCode.BAD_CREDENTIALS
        with suppress(ConnectionError):
            while town.door.connections:
                writer.write(text(b'{"type":"ping"}') * 100)
                async with asyncio.timeout(PATIENCE_S):
                    await writer.drain()
                await asyncio.sleep(0)
        await town.until(lambda: not town.door.connections)


# --- slow readers ---------------------------------------------------------------------------------


KERNEL_BUFFERS_BYTES = 16 * 1024 * 1024
"""What the two ends of a loopback connection may hold, generously."""


@asynccontextmanager
async def deaf(town: Town, device_id: str) -> AsyncIterator[socket.socket]:
    """A greeted device that from now on does not read, with small buffers of its own."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, ("127.0.0.1", town.port))
        await loop.sock_sendall(sock, REQUEST + text(hello(device_id)))
        await town.until(lambda: device_id in town.dispatcher.city.presence.session_of)
        yield sock


def closed_as(town: Town, code: CloseCode) -> float:
    return float(town.metrics.closed.labels(str(int(code)))._value.get())


async def send_4_kb(town: Town, *device_ids: str) -> None:
    town.outbox.apply([Send(device_ids, Pong(now_ms=1, ref="x" * 4_000))])
    await asyncio.sleep(0)  # one turn of the loop


async def fill(town: Town, device_id: str) -> None:
    """Send to a device that does not read until its connection counts as slow."""
    (connection,) = (
        each
        for each in town.door.connections
        if each.session is not None and each.session.device_id == device_id
    )
    while not connection.is_slow:
        await send_4_kb(town, device_id)


@on_uvloop
async def test_a_slow_reader_is_closed_within_bounded_memory_and_alone() -> None:
    async with open_town() as town, town.peer("beto") as beto, deaf(town, "ana"):
        sent_bytes = 0
        while not closed_as(town, CloseCode.TOO_SLOW):
            await send_4_kb(town, "ana", "beto")
            sent_bytes += 4_000
            assert sent_bytes < OUTBOX_MAX_BYTES + KERNEL_BUFFERS_BYTES
        for _ in range(sent_bytes // 4_000):
            await beto.hear_a(Pong)
        await beto.is_served()


@on_uvloop
async def test_a_reader_that_stays_slow_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_connection, "STUCK_DEADLINE_S", 0.2)
    async with open_town() as town, deaf(town, "ana"):
        await fill(town, "ana")
        await town.until(lambda: closed_as(town, CloseCode.TOO_SLOW) == 1)


@on_uvloop
async def test_a_reader_that_catches_up_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(edge_connection, "STUCK_DEADLINE_S", 0.3)
    async with open_town() as town, deaf(town, "ana") as sock:
        await fill(town, "ana")
        loop = asyncio.get_running_loop()
        stop_at_s = loop.time() + 0.6  # twice the time that a slow one is given
        await loop.sock_sendall(sock, text(b'{"type":"ping"}'))
        while loop.time() < stop_at_s:
            with suppress(TimeoutError):
                assert await asyncio.wait_for(loop.sock_recv(sock, 65_536), 0.05)
        assert not closed_as(town, CloseCode.TOO_SLOW)


@on_uvloop
async def test_the_control_room_may_be_brought_up_to_date_in_one_go() -> None:
    async with open_town() as town, deaf(town, "op"):
        for _ in range(2 * (OUTBOX_MAX_BYTES + KERNEL_BUFFERS_BYTES) // 4_000):
            town.outbox.apply([Send(("op",), Pong(now_ms=1, ref="x" * 4_000))])
        assert not closed_as(town, CloseCode.TOO_SLOW)


@on_uvloop
async def test_who_is_closed_is_gone_after_the_grace_whatever_it_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(edge_connection, "CLOSE_GRACE_S", 0.3)
    monkeypatch.setattr(edge_connection, "OUTBOX_PAUSE_BYTES", 4_000)
    async with open_town() as town, deaf(town, "ana") as sock:
        loop = asyncio.get_running_loop()
        session_id = town.dispatcher.city.presence.session_of["ana"]
        await fill(town, "ana")
        while await asyncio.wait_for(loop.sock_recv(sock, 65_536), PATIENCE_S):
            (connection,) = town.door.connections
            if not connection.is_slow:
                break
        town.outbox.apply([CloseSession(session_id, CloseCode.REVOKED)])
        # Its pongs make the writing pause, and its reading lets it go on: no new lease of life.
        await loop.sock_sendall(sock, masked(Opcode.PING, b"x" * 125) * 100)
        with suppress(ConnectionError):
            while await asyncio.wait_for(loop.sock_recv(sock, 65_536), PATIENCE_S):
                pass
        await town.until(lambda: not town.door.connections)


# --- our own faults -------------------------------------------------------------------------------


@on_uvloop
async def test_a_bug_of_ours_costs_one_connection_and_turns_health_red(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with (
        open_town() as town,
        town.peer("patrol-w", on_duty=True) as patrol,
        town.peer("ana") as ana,
        town.peer("beto") as beto,
    ):
        with monkeypatch.context() as patched:
            patched.setattr(town.dispatcher.city.registry, "locator", None)  # only a bug could
            await beto.say(press())
            assert await beto.closed_with() == 1011
        assert town.health.has_bug
        assert (await town.get("/metrics"))[1].count(b'cuadrante_bugs_total{where="session"} 1.0')
        await pressed_and_seen(ana, patrol, press())

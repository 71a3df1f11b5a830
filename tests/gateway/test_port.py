"""The shell around the desks, over real sockets; what takes long takes it in virtual time."""

import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
import trio
from prometheus_client import generate_latest
from trio.testing import MockClock

from dispatch.gateway.bounds import (
    ANSWERS_WAITING_MAX,
    BAD_FRAMES_MAX,
    FRAMES_BURST,
    FRAMES_PER_S,
    GOOD_WITHIN_S,
    IDLE_S,
    JUNK_BYTES_MAX,
    SEND_WITHIN_S,
    STRANGERS_PER_ADDRESS_MAX,
)
from dispatch.gateway.desk import Heard, Say
from dispatch.gateway.errors import CannotListen
from dispatch.gateway.port import Sockets, bound, serve
from dispatch.gateway.tally import Tally
from tests.gateway.rig import settled

HOST = "127.0.0.1"
LONG = bytes(1 << 20)


class Lines:
    """Frames that end with a line's end; everything after a `#` is junk."""

    def __init__(self) -> None:
        self.dropped_bytes = 0
        self._held = b""

    def feed(self, data: bytes) -> list[bytes]:
        *lines, self._held = (self._held + bytes(data)).split(b"\n")
        self.dropped_bytes += sum(len(line) for line in lines if line.startswith(b"#"))
        return [line for line in lines if not line.startswith(b"#")]


class LineDesk:
    """Answers as it is asked to: at once, later, at length, or not at all."""

    name = "lines"

    def __init__(self) -> None:
        self.owed: list[Say] = []

    def splitter(self) -> Lines:
        return Lines()

    def hear(self, frame: bytes, say: Say) -> Heard:
        match frame:
            case b"later":
                self.owed.append(say)
                return Heard(is_owed=True)
            case b"long":
                return Heard(LONG)
            case b"bad":
                return Heard(is_good=False)
            case _:
                return Heard(frame + b"!")


class Port:
    """A port that is served, and what it counts."""

    def __init__(self, sockets: Sockets) -> None:
        self.desk = LineDesk()
        self.tally = Tally()
        self.sockets = sockets

    async def call(self) -> trio.SocketStream:
        return await trio.open_tcp_stream(HOST, self.sockets.port)

    def faults(self, reason: str) -> float:
        """How often it was counted."""
        for line in generate_latest(self.tally.collector).decode().splitlines():
            if line.startswith("cuadrante_gateway_faults_total") and f'"{reason}"' in line:
                return float(line.split()[-1])
        return 0.0


@asynccontextmanager
async def served() -> AsyncIterator[Port]:
    async with (
        bound(HOST, 0, setting="gateway_panel_port") as sockets,
        trio.open_nursery() as nursery,
    ):
        port = Port(sockets)
        nursery.start_soon(serve, port.desk, port.sockets, port.tally)
        yield port
        nursery.cancel_scope.cancel()


async def receive(stream: trio.SocketStream, size: int) -> bytes:
    """Read so many bytes, or what there is until the end."""
    data = b""
    while len(data) < size and (more := await stream.receive_some(size - len(data))):
        data += more
    return data


async def ask(stream: trio.SocketStream, line: bytes = b"hello") -> bytes:
    await stream.send_all(line + b"\n")
    return await receive(stream, len(line) + 1)


async def is_closed(stream: trio.SocketStream) -> bool:
    """Read to the end, which must come."""
    try:
        while await stream.receive_some():
            pass
    except trio.BrokenResourceError:
        pass
    return True


async def test_frames_are_answered_however_they_come_apart(autojump_clock: MockClock) -> None:
    async with served() as port, await port.call() as stream:
        for piece in (b"o", b"ne\ntw", b"o\nthree", b"\n"):
            await stream.send_all(piece)
            await trio.sleep(0.1)
        assert await receive(stream, 15) == b"one!two!three!"[:15]


async def test_an_answer_may_come_later_and_on_a_stream_that_is_half_closed(
    autojump_clock: MockClock,
) -> None:
    async with served() as port, await port.call() as stream:
        await stream.send_all(b"later\nlater\n")
        await stream.send_eof()
        await settled()
        for say in port.desk.owed:
            say(b"ok")
        assert await receive(stream, 5) == b"okok"  # and then the end


async def test_an_answer_to_somebody_who_is_gone_goes_nowhere(autojump_clock: MockClock) -> None:
    async with served() as port:
        async with await port.call() as stream:
            await stream.send_all(b"later\n")
            await settled()
        await settled()
        port.desk.owed[0](b"ok")
        async with await port.call() as other:
            assert await ask(other) == b"hello!"


async def test_udp_is_answered_at_once_and_later_from_the_same_number(
    autojump_clock: MockClock,
) -> None:
    async with served() as port:
        with trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            await udp.connect((HOST, port.sockets.port))
            await udp.send(b"one\nlater\n")
            assert await udp.recv(100) == b"one!"
            port.desk.owed[0](b"ok")
            assert await udp.recv(100) == b"ok"


async def test_a_peer_that_says_nothing_good_is_let_go(autojump_clock: MockClock) -> None:
    async with served() as port:
        started_s = trio.current_time()
        async with await port.call() as silent, await port.call() as slow:
            while trio.current_time() - started_s < GOOD_WITHIN_S - 1:
                await slow.send_all(b"x")  # a byte a second is no frame either
                await trio.sleep(1)
            assert await is_closed(silent)
            assert await is_closed(slow)
        assert GOOD_WITHIN_S <= trio.current_time() - started_s < GOOD_WITHIN_S + 1
        assert port.faults("nothing_good") == 2


async def test_one_that_belongs_here_may_be_silent_for_long_but_not_for_ever(
    autojump_clock: MockClock,
) -> None:
    async with served() as port, await port.call() as stream:
        assert await ask(stream) == b"hello!"
        await trio.sleep(IDLE_S - 1)
        assert await ask(stream) == b"hello!"
        assert await is_closed(stream)
        assert port.faults("idle") == 1


async def test_a_flood_is_cut_off_and_others_are_served(autojump_clock: MockClock) -> None:
    async with served() as port, await port.call() as flood, await port.call() as other:
        await flood.send_all(b"x\n" * (FRAMES_BURST + 1))
        assert len(await receive(flood, 10_000)) == 2 * FRAMES_BURST
        assert port.faults("too_fast") == 1
        assert await ask(other) == b"hello!"


async def test_a_flood_over_udp_costs_its_own_address_only(autojump_clock: MockClock) -> None:
    async with served() as port:
        with (
            trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as flood,
            trio.socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
        ):
            await flood.connect((HOST, port.sockets.port))
            await other.connect((HOST, port.sockets.port))
            for _ in range(FRAMES_BURST + 10):
                await flood.send(b"x\n")
                await settled()
            assert port.faults("too_fast") == 10
            await other.send(b"hello\n")
            assert await other.recv(100) == b"hello!"
            await trio.sleep(1 / FRAMES_PER_S)
            await flood.send(b"again\n")
            while (answer := await flood.recv(100)) == b"x!":
                pass
            assert answer == b"again!"


async def test_a_peer_that_does_not_read_is_cut_off(autojump_clock: MockClock) -> None:
    async with served() as port, await port.call() as deaf, await port.call() as other:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        started_s = trio.current_time()
        await deaf.send_all(b"long\n" * 16)
        await settled()
        assert await ask(other) == b"hello!"
        await trio.sleep(SEND_WITHIN_S + 1)
        assert port.faults("does_not_read") == 1
        assert trio.current_time() - started_s <= 2 * SEND_WITHIN_S


async def test_answers_do_not_pile_up_for_one_that_does_not_read(
    autojump_clock: MockClock,
) -> None:
    async with served() as port, await port.call() as deaf:
        await deaf.send_all(b"later\n")
        await settled()
        for _ in range(ANSWERS_WAITING_MAX + 1):
            port.desk.owed[0](LONG)
        await settled()
        assert port.faults("does_not_read") == 1


@pytest.mark.parametrize(
    ("said", "reason"),
    [(b"bad\n" * (BAD_FRAMES_MAX + 1), "too_many_bad"), (b"#" * JUNK_BYTES_MAX + b"#\n", "junk")],
)
async def test_what_is_good_for_nothing_is_not_heard_for_ever(
    said: bytes, reason: str, autojump_clock: MockClock
) -> None:
    async with served() as port, await port.call() as stream:
        assert await ask(stream) == b"hello!"
        await stream.send_all(said)
        assert await is_closed(stream)
        assert port.faults(reason) == 1


async def test_strangers_of_one_address_are_so_many_and_no_more(
    autojump_clock: MockClock,
) -> None:
    async with served() as port, AsyncExitStack() as calls:

        async def call() -> trio.SocketStream:
            return await calls.enter_async_context(await port.call())

        belongs = await call()
        assert await ask(belongs) == b"hello!"
        strangers = [await call() for _ in range(STRANGERS_PER_ADDRESS_MAX)]
        await settled()
        assert await is_closed(await call())
        assert port.faults("no_room") == 1
        assert await ask(belongs) == b"hello!"
        for stranger in strangers:
            await stranger.aclose()
        await settled()
        assert await ask(await call()) == b"hello!"


async def test_a_peer_that_resets_costs_nothing(autojump_clock: MockClock) -> None:
    async with served() as port:
        for _ in range(5):
            stream = await port.call()
            await stream.send_all(b"long\n")
            linger = struct.pack("ii", 1, 0)
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            await trio.aclose_forcefully(stream)
        await settled()
        async with await port.call() as other:
            assert await ask(other) == b"hello!"


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
async def test_a_port_that_is_taken_says_what_to_do(kind: int) -> None:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind((HOST, 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        with pytest.raises(CannotListen, match="gateway_panel_port"):
            async with bound(HOST, taken.getsockname()[1], setting="gateway_panel_port"):
                pass

"""The port opens with what its connections inherit, or one sentence says why not."""

import asyncio
import socket
from contextlib import ExitStack

import pytest

from dispatch.edge.bounds import ACCEPTED_A_TURN
from dispatch.edge.exposure import ListenError
from dispatch.edge.half_open import UNACKNOWLEDGED_MS
from dispatch.edge.listening import listen
from tests.edge.town import PATIENCE_S, on_uvloop


@on_uvloop
async def test_what_connects_is_given_up_when_it_acknowledges_nothing() -> None:
    port = await listen(asyncio.Protocol, "127.0.0.1", 0, None)
    (listener,) = port.sockets
    assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == UNACKNOWLEDGED_MS
    port.close()


class Came(asyncio.Protocol):
    """Counts."""

    def __init__(self, came: list["Came"]) -> None:
        self._came = came

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._came.append(self)
        transport.close()  # type: ignore[attr-defined]


@on_uvloop
async def test_a_turn_of_the_loop_takes_so_many_from_the_kernel_and_no_more() -> None:
    came: list[Came] = []
    port = await listen(lambda: Came(came), "127.0.0.1", 0, None)
    with ExitStack() as stack:
        for _ in range(3 * ACCEPTED_A_TURN):
            stack.enter_context(socket.create_connection(("127.0.0.1", port.number)))
        in_turn = []
        async with asyncio.timeout(PATIENCE_S):
            while len(came) < 3 * ACCEPTED_A_TURN:
                before = len(came)
                await asyncio.sleep(0)
                in_turn.append(len(came) - before)
    port.close()
    assert max(in_turn) == ACCEPTED_A_TURN


@on_uvloop
async def test_a_closed_port_takes_nobody() -> None:
    came: list[Came] = []
    port = await listen(lambda: Came(came), "127.0.0.1", 0, None)
    number = port.number
    port.close()
    await asyncio.sleep(0)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", number))
    again = await listen(lambda: Came(came), "127.0.0.1", number, None)
    again.close()


@on_uvloop
async def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=rf"port {port}: .*--port"):
            await listen(asyncio.Protocol, "127.0.0.1", port, None)


@pytest.mark.parametrize("host", ["no.such.host.example.invalid", "a..b", "x" * 300])
def test_a_host_that_is_none_is_one_sentence(host: str) -> None:
    @on_uvloop
    async def opened() -> None:
        with pytest.raises(ListenError, match="--host"):
            await listen(asyncio.Protocol, host, 0, None)

    opened()

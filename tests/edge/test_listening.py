"""The port opens with what its connections inherit, or one sentence says why not."""

import asyncio
import socket

import pytest

from dispatch.edge.exposure import ListenError
from dispatch.edge.half_open import UNACKNOWLEDGED_MS
from dispatch.edge.listening import listen
from tests.edge.town import on_uvloop


@on_uvloop
async def test_what_connects_is_given_up_when_it_acknowledges_nothing() -> None:
    server = await listen(asyncio.Protocol, "127.0.0.1", 0, None)
    listener = server.sockets[0]
    assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == UNACKNOWLEDGED_MS
    server.close()


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

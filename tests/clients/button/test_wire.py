from functools import partial

import pytest
import trio

from clients.button.wire import opened
from link.beside import beside
from tests.clients.button.gateway import Gateway, serving
from tests.protocol.button.samples import said


@pytest.mark.parametrize("tcp", [False, True])
async def test_a_message_goes_up_and_its_answer_comes_down(*, tcp: bool) -> None:
    gateway = Gateway()
    async with serving(gateway, tcp=tcp), opened("127.0.0.1", gateway.port, tcp=tcp) as wire:
        for sequence in (1, 2):
            await wire.send(said(7, sequence))
            answer = await wire.receive()
            assert (len(answer), answer[5]) == (32, sequence)


async def test_a_gateway_that_hangs_up_in_the_middle_of_an_answer_is_noticed() -> None:
    async def half_an_answer(stream: trio.SocketStream) -> None:
        await stream.send_all(b"h" * 16)
        await stream.aclose()

    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    serve = partial(trio.serve_listeners, half_an_answer, listeners)
    async with beside(serve), opened("127.0.0.1", port, tcp=True) as wire:
        with pytest.raises(trio.BrokenResourceError):
            await wire.receive()


async def test_nobody_at_the_port_is_noticed() -> None:
    gateway = Gateway()
    async with serving(gateway, tcp=True):
        pass
    with pytest.raises(OSError, match="127"):
        async with opened("127.0.0.1", gateway.port, tcp=True):
            pass

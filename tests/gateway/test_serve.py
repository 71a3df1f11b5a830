import os
import signal
from collections.abc import Mapping
from dataclasses import replace

import pytest
import trio

from dispatch.gateway.errors import CannotListen
from dispatch.gateway.serve import GatewayOptions, run_gateway
from link.errors import Refused
from protocol.close_codes import CloseCode
from protocol.messages import Signal
from protocol.sia_dc09.splitter import Splitter
from tests.gateway.rig import KIT, ME, WIRING_KEY, answers, frame, receipt
from tests.link.peer import PATIENCE_S, Peer, peer


def options(server: Peer) -> GatewayOptions:
    return GatewayOptions(
        core_url=server.url,
        credentials=ME,
        wiring_key=WIRING_KEY,
        host="127.0.0.1",
        panel_port=0,
        button_port=0,
        metrics_port=0,
        console_url="http://127.0.0.1:1",
    )


async def test_it_serves_until_it_is_told_to_end_and_answers_what_it_has_taken_first() -> None:
    ports: dict[str, object] = {}
    announced, ended = trio.Event(), trio.Event()

    def announce(details: Mapping[str, object]) -> None:
        ports.update(details)
        announced.set()

    async def run(server: Peer) -> None:
        await run_gateway(options(server), announce)
        ended.set()

    async with peer() as server, trio.open_nursery() as nursery:
        nursery.start_soon(run, server)
        with trio.fail_after(PATIENCE_S):
            await announced.wait()
            guest = await server.visit()
            await guest.welcome(KIT)
            stream = await trio.open_tcp_stream("127.0.0.1", int(str(ports["panels"])))
            async with stream:
                await stream.send_all(frame())
                press = await guest.hear(Signal)
                os.kill(os.getpid(), signal.SIGTERM)
                await guest.say(receipt(press.signal_id))
                splitter, frames = Splitter(), list[bytes]()
                while not frames:
                    frames = splitter.feed(bytes(await stream.receive_some()))
            assert answers(frames) == ["ACK"]
            await ended.wait()


async def test_one_that_the_core_does_not_want_ends_and_says_so() -> None:
    async with peer() as server, trio.open_nursery() as nursery:

        async def refuse() -> None:
            guest = await server.visit()
            await guest.close(CloseCode.BAD_CREDENTIALS)

        nursery.start_soon(refuse)
        with pytest.raises(Refused):
            await run_gateway(options(server), lambda _: None)


async def test_a_port_that_is_taken_keeps_it_from_starting() -> None:
    async with peer() as server:
        taken = int(server.url.rsplit(":", 1)[1].split("/")[0])
        with pytest.raises(CannotListen, match="gateway_button_port"):
            await run_gateway(replace(options(server), button_port=taken), lambda _: None)

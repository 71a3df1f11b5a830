import os
import signal
from collections.abc import Mapping

import pytest
import trio
import trustme

from dispatch.push.serve import PushOptions, run_push
from dispatch.push.vapid import vapid_keys
from link.enrolment import Credentials
from link.errors import Refused
from protocol.close_codes import CloseCode
from protocol.messages import Push, PushGone
from protocol.vocabulary import Role, Urgency
from tests.core.town import signal_id
from tests.link.peer import PATIENCE_S, Peer, peer
from tests.push.receiver import Browser, PushStandIn, receiving, trust_file


def options(server: Peer) -> PushOptions:
    return PushOptions(
        core_url=server.url,
        credentials=Credentials("push-local", Role.PUSH, "token"),
        keys=vapid_keys(bytes(48)),
        contact="turno@example.com",
        hosts=("localhost",),
        metrics_port=0,
    )


async def test_it_pushes_what_the_core_orders_until_it_is_told_to_end(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, stand_in, browser = trustme.CA(), PushStandIn(410), Browser()
    monkeypatch.setenv("SSL_CERT_FILE", str(trust_file(authority, tmp_path)))
    announced, ended = trio.Event(), trio.Event()

    def announce(_: Mapping[str, object]) -> None:
        announced.set()

    async def run(server: Peer) -> None:
        await run_push(options(server), announce)
        ended.set()

    with receiving(stand_in, authority) as url:
        async with peer() as server, trio.open_nursery() as nursery:
            nursery.start_soon(run, server)
            with trio.fail_after(PATIENCE_S):
                await announced.wait()
                guest = await server.visit()
                await guest.welcome()
                target = browser.target(f"{url}/1")
                await guest.say(
                    Push(
                        alert_id=signal_id(1),
                        device_id="patrol-1",
                        urgency=Urgency.NORMAL,
                        ttl_s=60,
                        targets=(target,),
                    )
                )
                assert (await guest.hear(PushGone)).endpoint == target.endpoint
                os.kill(os.getpid(), signal.SIGTERM)
                await ended.wait()
    assert browser.read(stand_in.got[0].body)["alert_id"] == signal_id(1)


async def test_one_that_the_core_does_not_want_ends_and_says_so() -> None:
    async with peer() as server, trio.open_nursery() as nursery:

        async def refuse() -> None:
            guest = await server.visit()
            await guest.close(CloseCode.REVOKED)

        nursery.start_soon(refuse)
        with pytest.raises(Refused):
            await run_push(options(server), lambda _: None)

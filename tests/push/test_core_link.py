"""The link to the core: orders come, what is gone is said; a core that is late is waited for."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from dispatch.push.bounds import KNOWN_WITHIN_S
from dispatch.push.core_link import CoreLink
from link.enrolment import Credentials
from link.errors import Refused
from protocol.close_codes import CloseCode
from protocol.messages import Push, PushGone
from protocol.vocabulary import Role, Urgency
from tests.core.town import signal_id
from tests.link.peer import MemoryPeer

ME = Credentials("push-local", Role.PUSH, "token")
PUSH = Push(alert_id=signal_id(1), device_id="p", urgency=Urgency.HIGH, ttl_s=60, targets=())


@asynccontextmanager
async def linked() -> AsyncIterator[tuple[CoreLink, MemoryPeer, list[Push]]]:
    orders: list[Push] = []
    async with trio.open_nursery() as nursery:
        server = MemoryPeer(nursery)
        core = CoreLink(server.url, ME, orders.append, dial=server.dial)
        nursery.start_soon(core.run)
        yield core, server, orders
        nursery.cancel_scope.cancel()


async def test_orders_are_taken_and_what_is_gone_is_told(autojump_clock) -> None:
    async with linked() as (core, server, orders):
        guest = await server.visit()
        hello = await guest.welcome()
        await wait_all_tasks_blocked()
        assert hello.device_id == "push-local"
        await guest.say(PUSH)
        core.gone("patrol-1", "https://push.example/1")
        gone = await guest.hear(PushGone)
        assert (gone.device_id, gone.endpoint) == ("patrol-1", "https://push.example/1")
        await wait_all_tasks_blocked()
        assert orders == [PUSH]
        assert core.up


async def test_without_a_core_what_is_gone_is_let_go(autojump_clock) -> None:
    async with linked() as (core, _, _):
        core.gone("patrol-1", "https://push.example/1")
        assert not core.up


async def test_a_core_that_has_not_heard_of_us_yet_is_asked_again(autojump_clock) -> None:
    async with linked() as (core, server, _):
        await (await server.visit()).close(CloseCode.BAD_CREDENTIALS)
        await (await server.visit()).welcome()
        await wait_all_tasks_blocked()
        assert core.up


async def refused_with(code: CloseCode) -> None:
    """Run a link to a core that closes each connection with this code."""
    async with trio.open_nursery() as nursery:
        server = MemoryPeer(nursery)

        async def refuse() -> None:
            while True:
                await (await server.visit()).close(code)

        nursery.start_soon(refuse)
        try:
            await CoreLink(server.url, ME, lambda _: None, dial=server.dial).run()
        finally:
            nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("code", "in_time_s"), [(CloseCode.BAD_CREDENTIALS, 2 * KNOWN_WITHIN_S), (CloseCode.REVOKED, 1)]
)
async def test_a_core_that_does_not_want_us_ends_it(
    code: CloseCode, in_time_s: float, autojump_clock
) -> None:
    started_s = trio.current_time()
    with pytest.RaisesGroup(Refused):
        await refused_with(code)
    assert trio.current_time() - started_s < in_time_s

"""Over to asyncio and back: results, faults, and what is given up on."""

import asyncio
import threading

import pytest
import trio
from structlog.testing import capture_logs

from dispatch.push.apns.asyncio_thread import AsyncioThread
from tests.patience import PATIENCE_S


@pytest.fixture
def there():
    thread = AsyncioThread("there")
    yield thread
    thread.close()


async def test_it_is_done_on_a_loop_in_a_thread_of_its_own(there: AsyncioThread) -> None:
    async def where() -> tuple[str, bool]:
        await asyncio.sleep(0)
        return threading.current_thread().name, asyncio.get_running_loop().is_running()

    assert await there.do(where) == ("there", True)


async def test_many_at_once_do_not_wait_for_one_another(there: AsyncioThread) -> None:
    everyone = asyncio.Event()
    waiting = 0

    async def meet() -> None:
        nonlocal waiting
        waiting += 1
        if waiting == 20:
            everyone.set()
        await everyone.wait()

    with trio.fail_after(PATIENCE_S):
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(there.do, meet)


async def test_what_is_raised_there_is_raised_here(there: AsyncioThread) -> None:
    async def fail() -> None:
        raise KeyError("there")

    with pytest.raises(KeyError, match="there"):
        await there.do(fail)


async def test_what_is_given_up_here_is_cancelled_there(there: AsyncioThread) -> None:
    cancelled = threading.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with trio.move_on_after(0.01) as scope:
        await there.do(hang)
    assert scope.cancelled_caught
    assert await trio.to_thread.run_sync(cancelled.wait, 20)


async def test_what_raises_where_nobody_waits_is_logged(there: AsyncioThread) -> None:
    logged = threading.Event()

    def fail() -> None:
        raise ZeroDivisionError

    async def fail_soon() -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(fail)
        loop.call_soon(logged.set)

    with capture_logs() as lines:
        await there.do(fail_soon)
        assert await trio.to_thread.run_sync(logged.wait, 20)
    assert [line["error"] for line in lines] == ["ZeroDivisionError"]


async def test_closing_ends_what_is_under_way() -> None:
    there, begun, ended = AsyncioThread("there"), threading.Event(), threading.Event()

    async def hang() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(there.do, hang)
        assert await trio.to_thread.run_sync(begun.wait, 20)
        nursery.cancel_scope.cancel()
    there.close()
    assert ended.is_set()

"""An asyncio loop in a thread of its own, asked from trio."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

import structlog
import trio

from dispatch.push.bounds import THREAD_ENDS_WITHIN_S

T = TypeVar("T")

log = structlog.get_logger()


class AsyncioThread:
    """Runs until it is closed. A daemon: a name that cannot be looked up keeps no process alive."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_say)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def do(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Do it there, and raise what it raises. Whoever gives up here has it cancelled there."""
        here, done = trio.lowlevel.current_trio_token(), trio.Event()

        def wake(_: object) -> None:
            with suppress(trio.RunFinishedError):
                here.run_sync_soon(done.set)

        future = asyncio.run_coroutine_threadsafe(work(), self._loop)
        future.add_done_callback(wake)
        try:
            await done.wait()
        finally:
            future.cancel()  # nothing, if it is done
        return future.result()

    def close(self) -> None:
        """End the loop and whatever is under way on it, within `THREAD_ENDS_WITHIN_S`."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(THREAD_ENDS_WITHIN_S)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.get_loop().run_forever()


def _say(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Something there raised where nobody waits: a peer that speaks nonsense, or a bug."""
    error = context.get("exception")
    log.warning("asyncio", what=context.get("message"), error=type(error).__name__)

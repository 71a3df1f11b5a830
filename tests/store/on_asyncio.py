"""The store runs on asyncio; pytest-trio would run an `async def` test on trio."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import uvloop

from tests.patience import PATIENCE_S

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def on_asyncio(
    test: Callable[Parameters, Coroutine[Any, Any, None]],
) -> Callable[Parameters, None]:
    """Run an `async def` test under asyncio, on the loop that the core runs on."""

    @wraps(test)
    def run(*args: Parameters.args, **kwargs: Parameters.kwargs) -> None:
        uvloop.run(test(*args, **kwargs))

    return run


async def soon(awaitable: Awaitable[Result]) -> Result:
    """Wait, but not for ever."""
    async with asyncio.timeout(PATIENCE_S):
        return await awaitable

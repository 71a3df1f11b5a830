"""Tasks that run beside a block of code, and end with it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import trio


@asynccontextmanager
async def beside(*tasks: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Run tasks for as long as the block lasts; a task that fails cancels the block.

    One exception is raised as itself, so that callers catch it by its type; several as a group.
    """
    try:
        async with trio.open_nursery() as nursery:
            for task in tasks:
                nursery.start_soon(task)
            yield
            nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        alone = _alone(group)
        if alone is None:
            raise
        raise alone from alone.__cause__


def _alone(group: BaseExceptionGroup[BaseException]) -> BaseException | None:
    errors: BaseException | None = group.split(trio.Cancelled)[1]
    while isinstance(errors, BaseExceptionGroup) and len(errors.exceptions) == 1:
        errors = errors.exceptions[0]
    return None if isinstance(errors, BaseExceptionGroup) else errors

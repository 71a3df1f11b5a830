"""The database of an installation: the configured one, or the embedded server of its folder."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from dispatch.settings import Settings
from dispatch.store.migrate import migrate
from dispatch.store.pool import Pool, open_pool

T = TypeVar("T")


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """Yield a DSN: the configured one, or that of the embedded server, run if it does not."""
    if settings.dsn is not None:
        yield settings.dsn.get_secret_value()
        return
    # Not above: it brings trio along, which a core that is given its dsn would load for nothing.
    from dispatch.supervise.postgres import embedded_postgres

    with embedded_postgres(settings.postgres_dir) as embedded:
        yield embedded


def with_store(settings: Settings, work: Callable[[Pool], Awaitable[T]]) -> T:
    """Do something with the database, brought up to date first."""

    async def connected(dsn: str) -> T:
        async with open_pool(dsn) as pool:
            await migrate(pool)
            return await work(pool)

    with database(settings) as dsn:
        return asyncio.run(connected(dsn))

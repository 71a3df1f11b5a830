import asyncio

from dispatch.store.mark import Mark, read_mark
from dispatch.store.pool import connected, open_pool

from .conftest import execute, migrated


async def mark_of(dsn: str) -> Mark:
    async with open_pool(dsn) as pool, connected(pool) as connection:
        return await read_mark(connection)


def test_an_empty_registry_stands_at_its_beginning(dsn: str) -> None:
    mark = asyncio.run(mark_of(dsn))
    assert mark.seq == 0
    asyncio.run(execute(dsn, "INSERT INTO people VALUES ('p', 'Ana')"))
    assert asyncio.run(mark_of(dsn)) == Mark(mark.history, 1)


def test_a_database_made_anew_has_another_history(
    dsn: str, own_dsn: str, empty_database: str
) -> None:
    """A copy of a database goes on with its history, as a restored one does."""
    asyncio.run(migrated(empty_database))
    first, copied, anew = (
        asyncio.run(mark_of(each)).history for each in (dsn, own_dsn, empty_database)
    )
    assert first == copied != anew

"""What a command does with the database of an installation."""

from dispatch.commands.database import database, with_store
from dispatch.settings import Settings
from dispatch.store.pool import Pool, connected


def test_the_configured_database_is_brought_up_to_date_before_it_is_used(dsn: str) -> None:
    settings = Settings.model_validate({"dsn": dsn})

    async def count(pool: Pool) -> int:
        async with connected(pool) as connection:
            found: int = await connection.fetchval("SELECT count(*) FROM messages")
            return found

    with database(settings) as chosen:
        assert chosen == dsn
    assert with_store(settings, count) == 0

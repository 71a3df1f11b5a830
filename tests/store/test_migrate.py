import asyncio

import asyncpg
import pytest

from dispatch.store.errors import Refused
from dispatch.store.migrate import migrate, migrations
from dispatch.store.pool import connected, open_pool

from .on_asyncio import on_asyncio

ONE = {"0001_one.sql": "CREATE TABLE one ()"}
TWO = ONE | {"0002_two.sql": "CREATE TABLE two ()"}


@on_asyncio
async def test_what_is_missing_is_applied_in_order_and_once(empty_database: str) -> None:
    async with open_pool(empty_database) as pool:
        assert await migrate(pool, ONE) == ["0001_one.sql"]
        assert await migrate(pool, TWO) == ["0002_two.sql"]
        assert await migrate(pool, TWO) == []


@on_asyncio
async def test_the_registry_migrates_and_stays(empty_database: str) -> None:
    async with open_pool(empty_database) as pool:
        assert await migrate(pool) == list(migrations())
        assert await migrate(pool) == []


@on_asyncio
async def test_a_step_that_was_changed_after_it_was_applied_is_refused(empty_database: str) -> None:
    async with open_pool(empty_database) as pool:
        await migrate(pool, ONE)
        with pytest.raises(Refused, match=r"0001_one\.sql was changed"):
            await migrate(pool, {"0001_one.sql": "CREATE TABLE one (more int)"})


@on_asyncio
async def test_a_database_of_a_newer_version_is_refused(empty_database: str) -> None:
    async with open_pool(empty_database) as pool:
        await migrate(pool, TWO)
        with pytest.raises(Refused, match=r"already has 0002_two\.sql"):
            await migrate(pool, ONE)


@on_asyncio
async def test_a_step_that_fails_leaves_nothing_of_itself(empty_database: str) -> None:
    failing = ONE | {"0002_two.sql": "CREATE TABLE two (); CREATE TABLE one ()"}
    async with open_pool(empty_database) as pool:
        with pytest.raises(asyncpg.DuplicateTableError):
            await migrate(pool, failing)
        async with connected(pool) as connection:
            assert await connection.fetchval("SELECT to_regclass('two')") is None
        assert await migrate(pool, TWO) == ["0002_two.sql"]


@on_asyncio
async def test_two_servers_that_start_at_once_apply_each_step_once(empty_database: str) -> None:
    async with open_pool(empty_database) as one, open_pool(empty_database) as other:
        applied = await asyncio.gather(migrate(one, TWO), migrate(other, TWO))
    assert sorted(applied[0] + applied[1]) == list(TWO)

"""The record of calls is read newest first, and only ever appended to."""

import asyncpg
import pytest

from dispatch.store.audit import ABOUT_CHARS_MAX, Entry, entries, keep
from dispatch.store.pool import open_pool
from tests.store.on_asyncio import on_asyncio


@on_asyncio
async def test_it_is_read_newest_first_by_account_and_page(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        for number in range(5):
            who = "ana" if number % 2 else "luis"
            await keep(pool, Entry(who, "GET", "/v1/alerts", str(number), 200))
        kept = await entries(pool, account_id=None, before=None, limit=3)
        assert [each.about for each in kept] == ["4", "3", "2"]
        more = await entries(pool, account_id=None, before=kept[-1].audit_id, limit=9)
        assert [each.about for each in more] == ["1", "0"]
        hers = await entries(pool, account_id="ana", before=None, limit=9)
        assert [each.about for each in hers] == ["3", "1"]
        await keep(pool, Entry("ana", "GET", "/", "x" * 300, 200))
        (long,) = await entries(pool, account_id=None, before=None, limit=1)
        assert len(long.about) == ABOUT_CHARS_MAX


@on_asyncio
async def test_nobody_changes_it(own_dsn: str) -> None:
    async with open_pool(own_dsn) as pool:
        await keep(pool, Entry("ana", "GET", "/v1/alerts", "", 200))
    connection = await asyncpg.connect(own_dsn)
    try:
        for attempt in ("UPDATE audit SET status = 200", "DELETE FROM audit", "TRUNCATE audit"):
            with pytest.raises(asyncpg.RaiseError, match="the record is"):
                await connection.execute(attempt)
    finally:
        await connection.close()

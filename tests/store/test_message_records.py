"""What was said to fronts is found by front and by alert, the newest first."""

import pytest

from dispatch.store.message_records import messages
from dispatch.store.pool import open_pool
from tests.journal.drained import drain_all
from tests.journal.entries import MemoryLog, alert_id, message_entry

from .conftest import TEMPLATE, Server
from .on_asyncio import on_asyncio


@pytest.fixture
def dsn(server: Server) -> str:
    return server.new_database(TEMPLATE)


@on_asyncio
async def test_messages_are_found_by_front_and_by_alert(dsn: str) -> None:
    about = message_entry(1, about=alert_id(9), sent_to=3, shown_by=2)
    async with open_pool(dsn) as pool:
        await drain_all(MemoryLog([about, message_entry(2), message_entry(3)]), pool)
        (row,) = await messages(pool, limit=9, alert_id=alert_id(9))
        assert (row.message_id, row.alert_id, row.by) == (alert_id(1), alert_id(9), "Sala 1")
        assert (row.members, row.sent_to, row.shown_by) == (3, 3, 2)
        assert len(await messages(pool, limit=9, front_id="f-manga")) == 3
        assert len(await messages(pool, limit=2)) == 2
        assert await messages(pool, limit=9, front_id="f-9") == []

"""What was said to fronts can be read by front and by alert."""

from pathlib import Path
from typing import Any

from dispatch.store.account_role import AccountRole
from tests.console.samples import ALERT, console, logged_in
from tests.journal.drained import drain_all
from tests.journal.entries import MemoryLog, alert_id, message_entry
from tests.store.on_asyncio import on_asyncio


@on_asyncio
async def test_messages_by_front_and_by_alert(dsn: str, tmp_path: Path) -> None:
    log = MemoryLog([message_entry(1, about=ALERT, shown_by=2), message_entry(2)])
    async with console(dsn, tmp_path) as (client, pool):
        await drain_all(log, pool)
        ana = await logged_in(pool, AccountRole.OPERATOR)

        async def ask(**query: Any) -> list[dict[str, Any]]:
            answer = await client.get("/v1/messages", params=query, headers=ana)
            messages: list[dict[str, Any]] = answer.json()["messages"]
            return messages

        assert {each["message_id"] for each in await ask()} == {alert_id(1), alert_id(2)}
        (about,) = await ask(alert=ALERT.upper())
        assert (about["message_id"], about["by"], about["shown_by"]) == (alert_id(1), "Sala 1", 2)
        assert len(await ask(front="f-manga", limit=1)) == 1
        assert await ask(front="f-9") == []
        bad = await client.get("/v1/messages", params={"alert": "1"}, headers=ana)
        assert (bad.status_code, bad.json()["field"]) == (400, "alert")

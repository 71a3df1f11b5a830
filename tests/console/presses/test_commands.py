"""What the control room does over HTTP goes on to the core as it is said."""

from pathlib import Path

from dispatch.store.accounts import AccountRole
from protocol.messages import Close, Silence
from protocol.vocabulary import ErrorCode, Outcome
from tests.console.presses.toy_core import toy_core
from tests.console.samples import ALERT, console, logged_in
from tests.store.on_asyncio import on_asyncio


@on_asyncio
async def test_closing_and_silencing(dsn: str, tmp_path: Path) -> None:
    async with toy_core() as (core, link), console(dsn, tmp_path, core=link) as (client, pool):
        ana = await logged_in(pool, AccountRole.OPERATOR)
        path = f"/v1/alerts/{ALERT.upper()}"
        ending = {"outcome": "real", "note": "capturado"}
        closed = await client.post(f"{path}/close", json=ending, headers=ana)
        silent = await client.post(f"{path}/silence", headers=ana)
        assert (closed.status_code, silent.status_code) == (204, 204)
        close, silence = (each for each in core.heard if isinstance(each, Close | Silence))
        assert isinstance(close, Close)
        assert (close.alert_id, close.outcome, close.note) == (ALERT, Outcome.REAL, "capturado")
        assert silence.alert_id == ALERT

        bad = await client.post(f"{path}/close", json={"outcome": "nice"}, headers=ana)
        assert (bad.status_code, bad.json()["field"]) == (400, "outcome")
        core.refuses = ErrorCode.UNKNOWN_ALERT
        answer = await client.post(f"{path}/silence", headers=ana)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

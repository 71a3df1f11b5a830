"""What the control room does over HTTP goes on to the core as it is said."""

from pathlib import Path

import pytest

from dispatch.store.account_role import AccountRole
from protocol.messages import Assign, Close, MessageFront, Silence
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


@on_asyncio
async def test_giving_an_alert_to_a_patrol(dsn: str, tmp_path: Path) -> None:
    async with toy_core() as (core, link), console(dsn, tmp_path, core=link) as (client, pool):
        ana = await logged_in(pool, AccountRole.OPERATOR)
        path = f"/v1/alerts/{ALERT.upper()}/assign"
        giving = {"device_id": "patrol-1", "eta_s": 240}
        assert (await client.post(path, json=giving, headers=ana)).status_code == 204
        (heard,) = (each for each in core.heard if isinstance(each, Assign))
        assert (heard.alert_id, heard.device_id, heard.eta_s) == (ALERT, "patrol-1", 240)

        for wrong, field in (({}, "body"), ({"device_id": "p", "eta_s": -1}, "eta_s")):
            bad = await client.post(path, json=wrong, headers=ana)
            assert (bad.status_code, bad.json()["field"]) == (400, field)
        core.refuses = ErrorCode.NOT_ON_CALL
        away = await client.post(path, json=giving, headers=ana)
        assert (away.status_code, away.json()["code"]) == (409, "conflict")


SAYING = {"message_id": ALERT, "body": "Cierren puertas"}


@on_asyncio
async def test_saying_something_to_a_front(dsn: str, tmp_path: Path) -> None:
    async with toy_core() as (core, link), console(dsn, tmp_path, core=link) as (client, pool):
        ana = await logged_in(pool, AccountRole.SUPERVISOR)
        path = "/v1/fronts/f-manga/messages"
        said = await client.post(path, json=SAYING | {"alert_id": ALERT.upper()}, headers=ana)
        assert said.status_code == 202
        reach = said.json()
        assert (reach["members"], reach["sent_to"], reach["stored"]) == (12, 3, True)
        (heard,) = (each for each in core.heard if isinstance(each, MessageFront))
        assert (heard.front_id, heard.body, heard.alert_id) == ("f-manga", "Cierren puertas", ALERT)
        assert heard.source_device_id == "supervisor:1", "in the name of whoever is logged in"

        bad = await client.post(path, json=SAYING | {"body": " "}, headers=ana)
        assert (bad.status_code, bad.json()["field"]) == (400, "body")


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (ErrorCode.UNKNOWN_FRONT, 404),
        (ErrorCode.MESSAGE_ID_CONFLICT, 409),
        (ErrorCode.NOT_ALLOWED, 403),
        (ErrorCode.TOO_SOON, 429),
        (ErrorCode.BAD_FIELD, 400),
    ],
)
def test_why_nothing_is_said(dsn: str, tmp_path: Path, code: ErrorCode, status: int) -> None:
    @on_asyncio
    async def asked() -> None:
        async with toy_core() as (core, link), console(dsn, tmp_path, core=link) as (client, pool):
            ana = await logged_in(pool, AccountRole.OPERATOR)
            core.refuses = code
            path = "/v1/fronts/f-9/messages"
            answer = await client.post(path, json=SAYING, headers=ana)
            assert answer.status_code == status

    asked()

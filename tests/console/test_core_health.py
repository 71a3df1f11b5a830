"""The core's own word on how it is reaches those who watch, and its silence is a word as well."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from dispatch.console import core_health as health
from dispatch.console.core_health import CORE_AWAY, CoreHealth, core_health, core_knows
from dispatch.console.presses.core_link import CoreAddress
from dispatch.store.account_role import AccountRole
from tests.console.samples import console, logged_in
from tests.store.on_asyncio import on_asyncio

RED = '{"status":"red","reasons":["nobody_on_duty"],"warnings":["disk_low"],"details":{"a":"b"}}'


@asynccontextmanager
async def core_that_says(text: str, status: HTTPStatus) -> AsyncIterator[CoreAddress]:
    async with core_that_counts(iter([text]), status) as core:
        yield core


@asynccontextmanager
async def core_that_counts(
    texts: Iterator[str], status: HTTPStatus = HTTPStatus.OK
) -> AsyncIterator[CoreAddress]:
    """Says one after the other, and the last for ever."""
    text = ""

    def answer(connection: ServerConnection, request: Request) -> Response:
        nonlocal text
        assert request.path == "/healthz"
        text = next(texts, text)
        return connection.respond(status, text)

    async def never(_: ServerConnection) -> None:
        raise AssertionError

    async with serve(never, "127.0.0.1", 0, process_request=answer) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield CoreAddress(f"ws://127.0.0.1:{port}/v1", "console", "token")


@on_asyncio
async def test_what_the_core_says_is_handed_on_without_its_details() -> None:
    async with core_that_says(RED, HTTPStatus.SERVICE_UNAVAILABLE) as core:
        assert await core_health(core) == CoreHealth("red", ("nobody_on_duty",), ("disk_low",))
    async with core_that_says('{"status":"green"}', HTTPStatus.OK) as core:
        assert await core_health(core) == CoreHealth("green")


@pytest.mark.parametrize("text", ["", "[]", '{"status":"fine"}', "<html>"])
def test_what_makes_no_sense_is_as_good_as_away(text: str) -> None:
    @on_asyncio
    async def check() -> None:
        async with core_that_says(text, HTTPStatus.OK) as core:
            assert await core_health(core) == CoreHealth("red", (CORE_AWAY,))

    check()


@on_asyncio
async def test_whoever_changed_the_registry_may_wait_until_the_core_knows() -> None:
    said = [f'{{"status":"red","registry_seq":{seq}}}' for seq in (5, 6, 7, 8)]
    texts = iter(said)
    async with core_that_counts(texts, HTTPStatus.SERVICE_UNAVAILABLE) as core:
        assert await core_knows(core, 7)
        assert list(texts) == said[3:], "and no longer"


@on_asyncio
async def test_nobody_waits_for_ever_nor_for_a_core_that_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with core_that_says('{"status":"green","registry_seq":5}', HTTPStatus.OK) as core:
        monkeypatch.setattr(health, "CORE_KNOWS_WITHIN_S", 0.1)
        assert not await core_knows(core, 6)
    monkeypatch.setattr(health, "CORE_KNOWS_WITHIN_S", 600.0)
    assert not await core_knows(core, 6)
    async with core_that_says('{"status":"green"}', HTTPStatus.OK) as older:
        assert not await core_knows(older, 6)


@on_asyncio
async def test_a_core_that_is_not_there_is_red_to_whoever_watches(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, pool):
        ana = await logged_in(pool, AccountRole.OPERATOR)
        answer = await client.get("/v1/health", headers=ana)
        assert answer.status_code == HTTPStatus.OK
        assert answer.json() == {"status": "red", "reasons": [CORE_AWAY], "warnings": []}
        assert (await client.get("/v1/health")).status_code == HTTPStatus.UNAUTHORIZED

"""Bodies are read within bounds, and what is wrong in one is named."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any

import httpx
import pytest
from fastapi import FastAPI, Request
from msgspec import Meta, Struct

from dispatch.console import bodies
from dispatch.console.bodies import Json, at_ms, at_ms_or_none, describe, gives, read, takes
from dispatch.console.bounds import BODY_MAX_BYTES
from dispatch.console.errors import answer_errors
from tests.store.on_asyncio import on_asyncio


class Where(Struct, forbid_unknown_fields=True):
    lat: Annotated[float, Meta(ge=-90, le=90)]


class Sent(Struct, forbid_unknown_fields=True):
    name: str
    where: Where | None = None


async def post(**more: Any) -> httpx.Response:
    app = FastAPI()
    answer_errors(app)

    @app.post("/", **takes(Sent), **gives(Sent, status=201))
    async def echo(request: Request) -> Json:
        return Json(await read(request, Sent), 201)

    describe(app)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
        if not more:
            return await client.get("/openapi.json")
        return await client.post("/", **more)


@pytest.mark.parametrize(
    ("content", "status", "field"),
    [
        (b'{"name": "Ana", "where": {"lat": 4.6}}', 201, None),
        (b'{"name": "Ana", "where": {"lat": 95}}', 400, "where.lat"),
        (b'{"name": 1}', 400, "name"),
        (b"{}", 400, "body"),
        (b'{"name": "Ana", "age": 3}', 400, "body"),
        (b"[]", 400, "body"),
        (b"{", 400, "body"),
        (b"", 400, "body"),
        (b'{"name": "\xff"}', 400, "body"),
        (b" " * (BODY_MAX_BYTES + 1), 413, "body"),
    ],
)
def test_what_is_wrong_is_named(content: bytes, status: int, field: str | None) -> None:
    @on_asyncio
    async def asked() -> None:
        answer = await post(content=content)
        assert (answer.status_code, answer.json().get("field")) == (status, field)

    asked()


@on_asyncio
async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def trickle() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    patch = pytest.MonkeyPatch()
    with patch.context() as patched:
        patched.setattr(bodies, "BODY_DEADLINE_S", 0.05)
        assert (await post(content=trickle())).status_code == 408


@on_asyncio
async def test_what_is_checked_is_what_is_described() -> None:
    described = (await post()).json()
    schemas = described["components"]["schemas"]
    assert schemas["Where"]["properties"]["lat"]["maximum"] == 90
    route = described["paths"]["/"]["post"]
    assert route["requestBody"]["content"]["application/json"]["schema"] == {
        "$ref": "#/components/schemas/Sent"
    }
    assert set(route["responses"]) == {"201", "default"}


def test_times_are_whole_milliseconds() -> None:
    assert at_ms(datetime(1970, 1, 1, 0, 0, 1, 500_000, UTC)) == 1_500
    assert at_ms_or_none(None) is None

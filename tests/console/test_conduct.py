"""Whatever is asked, the answer keeps browsers on a short leash, and the log says no names."""

import httpx
import pytest
import structlog
from fastapi import FastAPI, Response

from dispatch.console.conduct import HEADERS, Conduct
from tests.store.on_asyncio import on_asyncio


@pytest.mark.parametrize("has_tls", [True, False])
def test_every_answer_has_the_headers_unless_a_route_says_otherwise(has_tls: bool) -> None:
    @on_asyncio
    async def asked() -> None:
        app = FastAPI()
        app.add_middleware(Conduct, has_tls=has_tls)

        @app.get("/own")
        async def own() -> Response:
            return Response(headers={"Cache-Control": "max-age=60"})

        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
            nowhere, own_answer = await client.get("/nowhere"), await client.get("/own")
        for name, value in HEADERS.items():
            assert nowhere.headers[name] == value
        assert ("Strict-Transport-Security" in nowhere.headers) is has_tls
        assert own_answer.headers["Cache-Control"] == "max-age=60"

    asked()


@on_asyncio
async def test_the_log_names_the_route_and_not_what_was_asked_for() -> None:
    app = FastAPI()
    app.add_middleware(Conduct, has_tls=False)

    @app.get("/people/{name}")
    async def person(name: str) -> Response:
        return Response(status_code=204)

    with structlog.testing.capture_logs() as logged:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
            await client.get("/people/ana?seal=secret")
            await client.get("/ana-secret")
    assert [(line["route"], line["status"]) for line in logged] == [
        ("/people/{name}", 204),
        ("none", 404),
    ]
    assert "ana" not in str(logged)
    assert "secret" not in str(logged)

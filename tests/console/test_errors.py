"""Every error has the one shape and a status of its own, and says nothing that is not for all."""

import httpx
from fastapi import FastAPI

from dispatch.console.errors import STATUS, Declined, ErrorCode, answer_errors
from dispatch.store.errors import Refused, StoreUnavailable, Unavailable
from tests.store.on_asyncio import on_asyncio


def test_every_code_has_a_status_of_its_own() -> None:
    assert set(STATUS) == set(ErrorCode)
    shared = {ErrorCode.NOT_AUTHENTICATED, ErrorCode.TOTP_REQUIRED}
    assert len(set(STATUS.values())) == len(STATUS) - len(shared) + 1


@on_asyncio
async def test_errors_are_sorted_by_blame() -> None:
    app = FastAPI()
    answer_errors(app)
    raises: dict[str, Exception] = {
        "declined": Declined(ErrorCode.CONFLICT, "Ya hay.", "There is one.", "picture_id"),
        "away": StoreUnavailable(Unavailable.NO_ANSWER, "secret detail"),
        "refused": Refused("devices: a device names a known front"),
        "wait": Declined(ErrorCode.TOO_MANY, "Espere.", "Wait.", retry_after_s=1.2),
        "bug": KeyError("secret detail"),
    }

    @app.get("/{name}")
    async def fail(name: str, count: int = 0) -> None:
        raise raises[name]

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
        answers = {name: await client.get(f"/{name}") for name in raises}
        answers["invalid"] = await client.get("/bug?count=many")
        answers["nowhere"] = await client.get("/a/b")
        answers["method"] = await client.delete("/bug")

    assert {name: answer.status_code for name, answer in answers.items()} == {
        "declined": 409,
        "away": 503,
        "refused": 409,
        "wait": 429,
        "bug": 500,
        "invalid": 400,
        "nowhere": 404,
        "method": 405,
    }
    for answer in answers.values():
        said = answer.json()
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert set(said) == {"type", "title", "status", "detail", "code", "field", "text"}
        assert said["type"] == f"urn:cuadrante:problem:{said['code']}"
        assert said["status"] == answer.status_code
        assert STATUS[ErrorCode(said["code"])] == answer.status_code
        assert set(said["text"]) == {"es", "en"}
        assert "secret" not in answer.text
    assert answers["declined"].json()["text"] == {"es": "Ya hay.", "en": "There is one."}
    assert answers["invalid"].json()["field"] == "count"
    assert answers["away"].headers["Retry-After"]
    assert answers["wait"].headers["Retry-After"] == "2"
    assert "a device names a known front" in answers["refused"].json()["detail"]
    assert answers["method"].headers["Allow"] == "GET"

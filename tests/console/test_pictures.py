"""Pictures are taken in from who may, kept for good, and shown to who was shown a path."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dispatch.console import bodies
from dispatch.core.picture_paths import picture_path
from protocol.limits import PICTURE_MAX_BYTES
from tests.console.samples import JPEG, KEY, PICTURE, console, hand_in
from tests.store.conftest import Server
from tests.store.on_asyncio import on_asyncio

SOON_S = 3_600


def sealed(picture_id: str = PICTURE, in_s: float = SOON_S) -> str:
    return picture_path(picture_id, int(time.time() + in_s), KEY)


@on_asyncio
async def test_what_was_handed_in_is_shown(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, _):
        assert (await hand_in(client)).status_code == 201
        shown = await client.get(sealed())
        assert (shown.status_code, shown.content) == (200, JPEG)
        assert shown.headers["Content-Type"] == "image/jpeg"
        assert shown.headers["Cache-Control"] == "no-store"
        assert shown.headers["X-Content-Type-Options"] == "nosniff"


@on_asyncio
async def test_the_same_again_is_fine_and_another_one_is_not(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, _):
        await hand_in(client)
        assert (await hand_in(client)).status_code == 200
        assert (await hand_in(client, PICTURE.upper())).status_code == 200
        other = await hand_in(client, content=JPEG + b"\xff\xd9")
        assert (other.status_code, other.json()["field"]) == (409, "picture_id")
        assert (await client.get(sealed())).content == JPEG


@pytest.mark.parametrize(
    ("changed", "status", "code", "field"),
    [
        ({"alert": "no-id"}, 400, "bad_field", "alert"),
        ({"camera": "cám"}, 400, "bad_field", "camera"),
        ({"taken_at_ms": "-1"}, 400, "bad_field", "taken_at_ms"),
        ({"taken_at_ms": "soon"}, 400, "bad_field", "taken_at_ms"),
        ({"picture_id": "7"}, 400, "bad_field", "picture_id"),
        ({"picture_id": PICTURE.replace("-7abc", "-4abc")}, 400, "bad_field", "picture_id"),
        ({"picture_id": PICTURE + "%0A"}, 400, "bad_field", "picture_id"),
        ({"picture_id": "..%2F..%2Fsecret"}, 404, "not_found", None),
        ({"headers": {"Authorization": ""}}, 401, "not_authenticated", None),
        ({"camera": "siren-1"}, 403, "not_allowed", "camera"),
        ({"headers": {"Content-Type": "image/png"}}, 415, "not_a_picture", "content_type"),
        ({"content": b"<html>"}, 415, "not_a_picture", "body"),
        ({"content": JPEG[:100]}, 415, "not_a_picture", "body"),
        ({"content": JPEG + bytes(PICTURE_MAX_BYTES)}, 413, "too_large", "body"),
    ],
)
def test_what_cannot_be_taken_is_named(
    dsn: str, tmp_path: Path, changed: dict[str, Any], status: int, code: str, field: str | None
) -> None:
    @on_asyncio
    async def refused() -> None:
        async with console(dsn, tmp_path) as (client, _):
            answer = await hand_in(client, **changed)
            said = answer.json()
            assert (answer.status_code, said["code"], said["field"]) == (status, code, field)
            assert said["text"]["es"]
            assert said["text"]["en"]

    refused()
    assert not list(tmp_path.rglob("*.jpg"))


@on_asyncio
async def test_a_field_that_is_missing_is_named(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, _):
        answer = await client.put(f"/v1/pictures/{PICTURE}", params={"alert": PICTURE})
        assert (answer.status_code, answer.json()["field"]) == (400, "camera")


@on_asyncio
async def test_a_body_that_does_not_come_is_not_waited_for(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "BODY_DEADLINE_S", 0.05)

    async def trickle() -> AsyncIterator[bytes]:
        yield JPEG[:20]
        await asyncio.Event().wait()

    async with console(dsn, tmp_path) as (client, _):
        answer = await hand_in(client, content=trickle())  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["code"]) == (408, "too_slow")


def test_a_disk_without_room_is_said_and_keeps_nothing(dsn: str, tmp_path: Path) -> None:
    @on_asyncio
    async def refused() -> None:
        async with console(dsn, tmp_path, floor_bytes=2**62) as (client, _):
            answer = await hand_in(client)
            assert (answer.status_code, answer.json()["code"]) == (507, "unable_to_store")
            assert answer.headers["Retry-After"]

    refused()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@on_asyncio
async def test_without_postgresql_a_gateway_that_is_known_hands_in_and_others_come_back(
    server: Server, dsn: str, tmp_path: Path
) -> None:
    async with console(dsn, tmp_path) as (client, _):
        await hand_in(client)
        with server.frozen():
            second = PICTURE[:-1] + "c"
            assert (await hand_in(client, second)).status_code == 201
            answer = await hand_in(client, camera="cam-9")
            assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
            assert answer.headers["Retry-After"]
            assert (await client.get(sealed(second))).status_code == 200, "reading needs none"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (sealed(in_s=-1), 410, "expired"),
        (sealed(PICTURE[:-1] + "d"), 404, "not_found"),
        (sealed() + "x", 404, "not_found"),
        (sealed().replace("seal=", "seal=x"), 404, "not_found"),
        (sealed().partition("&")[0], 400, "bad_field"),
        (f"/v1/pictures/{PICTURE}.jpg", 400, "bad_field"),
        (f"/v1/pictures/{PICTURE}", 405, "bad_method"),
        ("/v1/pictures/..%2F..%2Fsecret.jpg?until=9999999999&seal=x", 404, "not_found"),
        ("/v1/pictures/", 404, "not_found"),
    ],
    ids=[
        "expired",
        "another picture",
        "longer seal",
        "other seal",
        "no seal",
        "bare path",
        "no file name",
        "other folder",
        "no picture",
    ],
)
def test_without_a_good_path_nothing_is_shown(
    dsn: str, tmp_path: Path, path: str, status: int, code: str
) -> None:
    @on_asyncio
    async def refused() -> None:
        async with console(dsn, tmp_path) as (client, _):
            await hand_in(client)
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (status, code)

    refused()

"""A picture is handed on until the console has it, and the core is told then and not before."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import pytest
import trio
from trio.testing import MockClock

from clients.stand_ins.web import Asked, Reply, served
from dispatch.gateway.appliances.bounds import SPOOL_MAX_BYTES, UPLOAD_WITHIN_S, UPLOADS_AT_ONCE
from dispatch.gateway.appliances.looks import Taken
from dispatch.gateway.appliances.uploads import Uploads
from protocol.limits import PICTURE_MAX_BYTES
from protocol.messages import Picture
from tests.gateway.appliances.stand_in import Scripted, no_jitter, until

ALERT = "01932f7a-5c00-7abc-8def-0123456789aa"
NOWHERE = "http://127.0.0.1:1"


def taken(number: int = 0, jpeg: bytes = b"jpeg") -> Taken:
    return Taken(f"01932f7a-5c00-7abc-8def-{number:012}", ALERT, "cam:1", 1_800_000_000_000, jpeg)


class Core:
    """Hears of pictures while there is a link."""

    def __init__(self) -> None:
        self.heard: list[Picture] = []
        self.has_link = True

    def tell(self, picture: Picture) -> bool:
        if self.has_link:
            self.heard.append(picture)
        return self.has_link


@asynccontextmanager
async def uploading(url: str, core: Core) -> AsyncIterator[Uploads]:
    uploads = Uploads(url, "gw:token", core.tell, no_jitter)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(uploads.run)
        yield uploads
        nursery.cancel_scope.cancel()


async def test_it_says_whose_it_is_and_what_it_is_of() -> None:
    console, core = Scripted(lambda _: Reply(status=201)), Core()
    with served(console) as url:
        async with uploading(f"{url}/", core) as uploads:
            uploads.put(taken())
            await until(lambda: core.heard)

    asked = console.heard[0]
    parts = urlsplit(asked.target)
    assert (asked.method, parts.path) == ("PUT", f"/v1/pictures/{taken().picture_id}")
    assert parse_qs(parts.query) == {
        "alert": [ALERT],
        "camera": ["cam:1"],
        "taken_at_ms": ["1800000000000"],
    }
    assert asked.headers["authorization"] == "Bearer gw:token"
    assert (asked.headers["content-type"], asked.body) == ("image/jpeg", b"jpeg")
    assert core.heard == [
        Picture(
            alert_id=ALERT,
            device_id="cam:1",
            picture_id=taken().picture_id,
            taken_at_ms=1_800_000_000_000,
            size_bytes=4,
        )
    ]


@pytest.mark.parametrize("status", [429, 500, 503, 507])
async def test_it_is_tried_until_the_console_has_it(status: int) -> None:
    replies = [Reply(status=200), Reply(status=status)]
    console, core = Scripted(lambda _: replies.pop()), Core()
    with served(console) as url:
        async with uploading(url, core) as uploads:
            uploads.put(taken())
            await until(lambda: core.heard)
    assert len(console.heard) == 2
    assert len(core.heard) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 409, 413, 415])
async def test_what_the_console_refuses_is_not_told(status: int) -> None:
    def reply(asked: Asked) -> Reply:
        return Reply(status=status if taken().picture_id in asked.target else 201)

    core = Core()
    with served(Scripted(reply)) as url:
        async with uploading(url, core) as uploads:
            uploads.put(taken())
            uploads.put(taken(1))
            await until(lambda: uploads.dropped and core.heard)
    assert [each.picture_id for each in core.heard] == [taken(1).picture_id]


async def test_what_a_core_that_is_away_misses_it_is_told_when_it_is_back() -> None:
    core = Core()
    core.has_link = False
    with served(Scripted(lambda _: Reply(status=201))) as url:
        async with uploading(url, core) as uploads:
            uploads.put(taken())
            await until(lambda: uploads.untold)
            assert not core.heard
            uploads.greeted()
            assert uploads.untold == 1
            core.has_link = True
            uploads.greeted()
            assert uploads.untold == 0
    assert [each.picture_id for each in core.heard] == [taken().picture_id]


async def test_what_the_core_misses_it_is_told_again() -> None:
    core = Core()
    with served(Scripted(lambda _: Reply(status=201))) as url:
        async with uploading(url, core) as uploads:
            uploads.put(taken(1))
            uploads.put(taken(2))
            await until(lambda: len(core.heard) == 2)
            core.heard.clear()
            uploads.tell_again(ALERT, "another camera")
            assert not core.heard
            uploads.tell_again(ALERT, "cam:1")
    assert {each.picture_id for each in core.heard} == {taken(1).picture_id, taken(2).picture_id}


async def test_a_console_that_is_away_costs_a_bound_of_memory(autojump_clock: MockClock) -> None:
    core = Core()
    largest = bytes(PICTURE_MAX_BYTES)
    fitting = SPOOL_MAX_BYTES // PICTURE_MAX_BYTES
    async with uploading(NOWHERE, core) as uploads:
        for number in range(fitting + 10):
            uploads.put(taken(number, largest))
        assert uploads.dropped == 10, "the oldest, which had waited in vain the longest"


async def test_a_picture_is_not_tried_for_ever(autojump_clock: MockClock) -> None:
    core = Core()
    async with uploading(NOWHERE, core) as uploads:
        for number in range(UPLOADS_AT_ONCE + 1):
            uploads.put(taken(number))
        await trio.sleep(UPLOAD_WITHIN_S + 60)
        assert uploads.dropped == UPLOADS_AT_ONCE + 1
    assert not core.heard

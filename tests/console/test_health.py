"""Green means that all of it works; red says what does not."""

from pathlib import Path

from tests.console.samples import console
from tests.store.conftest import Server
from tests.store.on_asyncio import on_asyncio


@on_asyncio
async def test_it_is_green_while_all_works(dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path) as (client, _):
        answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "green", "reasons": []})


@on_asyncio
async def test_it_says_everything_that_does_not(server: Server, dsn: str, tmp_path: Path) -> None:
    async with console(dsn, tmp_path, floor_bytes=2**62) as (client, _):
        with server.frozen():
            answer = await client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json() == {
        "status": "red",
        "reasons": ["database_away", "no_room_for_pictures"],
    }


@on_asyncio
async def test_a_shelf_that_cannot_be_had_is_red(dsn: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with console(dsn, tmp_path / "file" / "pictures") as (client, _):
        answer = await client.get("/healthz")
    assert answer.json()["reasons"] == ["no_room_for_pictures"]

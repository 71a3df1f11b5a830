"""A picture goes when its alert has gone, and not before."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from dispatch.console import forget_pictures as module
from dispatch.console.forget_pictures import forget_pictures
from dispatch.console.shelf import Provenance, Shelf
from dispatch.store.pool import connected, open_pool
from tests.console.samples import JPEG
from tests.store.conftest import TEMPLATE, Server
from tests.store.on_asyncio import on_asyncio
from tests.store.test_forget import ALERTS

DAY = timedelta(days=1)
KNOWN = "00000000-0000-0000-0000-000000000001"
UNKNOWN = "00000000-0000-0000-0000-ffffffffffff"


@pytest.fixture
def dsn(server: Server) -> str:
    return server.new_database(TEMPLATE)


def picture(number: int) -> str:
    return f"01932f7a-5c00-7abc-8def-{number:012}"


def test_it_goes_with_its_alert(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EXISTENCE_BATCH", 2)
    shelf = Shelf(tmp_path, floor_bytes=0)
    alerts = [KNOWN, UNKNOWN, KNOWN, UNKNOWN, UNKNOWN, UNKNOWN]
    for number, alert_id in enumerate(alerts):
        shelf.keep(picture(number), JPEG, Provenance(alert_id, "cam-1", "gw:1", 0, ""))
    next(tmp_path.rglob(f"{picture(4)}.json")).write_bytes(b"unreadable")
    for path in tmp_path.rglob("*"):
        if picture(5) not in path.name:  # which was taken a moment ago: its alert may yet come
            os.utime(path, (0, 0))

    @on_asyncio
    async def forgotten() -> None:
        async with open_pool(dsn) as pool:
            async with connected(pool) as connection:
                await connection.execute(ALERTS)
            assert await forget_pictures(pool, shelf, DAY) == 3
            assert await forget_pictures(pool, shelf, DAY) == 0

    forgotten()
    kept = [number for number in range(6) if shelf.picture(picture(number))]
    assert kept == [0, 2, 5]

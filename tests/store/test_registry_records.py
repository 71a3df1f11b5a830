"""The registry, looked through: a page at a time, by id."""

from pathlib import Path

import pytest

from dispatch.store import registry_records
from dispatch.store.errors import Refused
from dispatch.store.pool import open_pool
from dispatch.store.registry_records import Page
from tests.store.on_asyncio import on_asyncio
from tests.store.samples import EDITION_1, EDITION_2, activate, fill

ALL = Page("", "", 50)


@on_asyncio
async def test_people_fronts_and_devices(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        (ana,) = await registry_records.people(pool, ALL)
        assert (ana.person_id, ana.false_alarms) == ("p-ana", 0)
        (manga,) = await registry_records.fronts(pool, Page("", "MANGA", 50))
        assert (manga.front_id, manga.lat) == ("f-manga", 10.413)
        listed = await registry_records.devices(pool, ALL, role=None, front=None)
        assert [each.device_id for each in listed] == [
            "app-ana",
            "button-1",
            "gateway-1",
            "patrol-1",
        ]
        of_front = await registry_records.devices(pool, ALL, role="app", front="f-manga")
        assert [each.device_id for each in of_front] == ["app-ana"]
        after = await registry_records.devices(pool, Page("button-1", "", 1), role=None, front=None)
        assert [each.device_id for each in after] == ["gateway-1"]
        one = await registry_records.device(pool, "patrol-1")
        assert one is not None
        assert one.quadrant == "Q-01"
        assert await registry_records.device(pool, "nobody") is None


@on_asyncio
async def test_what_is_named_is_not_removed(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        with pytest.raises(Refused, match="front"):
            await registry_records.remove_front(pool, "f-manga")
        with pytest.raises(Refused, match="coordinator"):
            await registry_records.remove_person(pool, "p-ana")
        assert not await registry_records.remove_person(pool, "nobody")


@on_asyncio
async def test_editions_and_their_quadrants(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        assert await registry_records.edition_in_force(pool) is None
        assert await registry_records.quadrants(pool) == []
        await activate(pool, EDITION_1)
        await activate(pool, EDITION_2)
        assert await registry_records.edition_in_force(pool) == "2025"
        quadrants = await registry_records.quadrants(pool)
        assert [(each.edition_id, each.code) for each in quadrants] == [
            ("2025", "Q-02"),
            ("2025", "Q-03"),
        ]
        listed = await registry_records.editions(pool)
        assert [(each.edition_id, each.quadrants, each.in_force) for each in listed] == [
            ("2025", 2, True),
            ("2024", 2, False),
        ]

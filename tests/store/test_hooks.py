"""Addresses that press: one a device, and none of a device that may not."""

from pathlib import Path

from dispatch.core.credentials import digest
from dispatch.store.enrolment import revoke
from dispatch.store.hooks import hooked, is_behind, put_hook, remove_hook
from dispatch.store.pool import open_pool
from protocol.vocabulary import Role
from tests.store.on_asyncio import on_asyncio
from tests.store.samples import fill


@on_asyncio
async def test_an_address_is_of_one_device_until_it_is_replaced(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        first, second = digest("1"), digest("2")
        assert await put_hook(pool, "app-ana", first)
        assert await hooked(pool, first) == ("app-ana", Role.APP)
        assert await put_hook(pool, "app-ana", second)
        assert await hooked(pool, first) is None
        assert await hooked(pool, second) == ("app-ana", Role.APP)
        await revoke(pool, "app-ana", "lost")
        assert await hooked(pool, second) is None
        assert not await put_hook(pool, "app-ana", first)
        assert await remove_hook(pool, "app-ana")
        assert not await remove_hook(pool, "app-ana")


@on_asyncio
async def test_only_what_presses_has_one(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        assert await put_hook(pool, "gateway-1", digest("1"))
        assert not await put_hook(pool, "patrol-1", digest("2"))
        assert not await put_hook(pool, "nobody", digest("2"))
        assert await is_behind(pool, "button-1", "gateway-1")
        assert not await is_behind(pool, "app-ana", "gateway-1")

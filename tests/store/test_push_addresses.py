"""How devices are woken, as it is kept: of one device, the newest few, until it goes off duty."""

import time
from pathlib import Path

import pytest

from dispatch.core.facts import OFF_DUTY, Fact, FactKind
from dispatch.core.registry import Device
from dispatch.store.enrolment import revoke
from dispatch.store.errors import Refused
from dispatch.store.load import load_registry
from dispatch.store.pool import Pool, connected, open_pool
from dispatch.store.push_addresses import drop_push_address, keep_push_address
from dispatch.store.record import record
from protocol.limits import PUSH_ADDRESSES_MAX
from protocol.messages import PushTarget
from protocol.vocabulary import PushKind
from tests.store.on_asyncio import on_asyncio
from tests.store.samples import fill


def target(number: int) -> PushTarget:
    return PushTarget(PushKind.WEBPUSH, f"https://push.example/{number}", "p" * 87, "a" * 22)


async def of(pool: Pool, device_id: str) -> tuple[PushTarget, ...]:
    things = (await load_registry(pool)).things
    (push,) = (
        thing.push for thing in things if isinstance(thing, Device) and thing.device_id == device_id
    )
    return push


@on_asyncio
async def test_the_newest_few_are_kept_in_order_and_can_be_dropped(
    dsn: str, tmp_path: Path
) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        assert await of(pool, "patrol-1") == ()
        for number in range(PUSH_ADDRESSES_MAX + 2):
            await keep_push_address(pool, "patrol-1", target(number), 1_000 + number)
        newest = tuple(target(number) for number in range(2, PUSH_ADDRESSES_MAX + 2))
        assert await of(pool, "patrol-1") == newest
        await keep_push_address(pool, "patrol-1", newest[0], 9_000)
        assert await of(pool, "patrol-1") == (*newest[1:], newest[0])
        await drop_push_address(pool, "app-ana", newest[0].endpoint)
        await drop_push_address(pool, "patrol-1", newest[1].endpoint)
        assert await of(pool, "patrol-1") == (*newest[2:], newest[0])


@on_asyncio
async def test_a_telephones_token_is_kept_with_the_app_that_it_is_of(
    dsn: str, tmp_path: Path
) -> None:
    apple = PushTarget(PushKind.APNS, "0f" * 32, topic="co.example.patrulla")
    google = PushTarget(PushKind.FCM, "token:" + "a" * 32)
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        await keep_push_address(pool, "patrol-1", apple, 1)
        await keep_push_address(pool, "patrol-1", google, 2)
        assert await of(pool, "patrol-1") == (apple, google)
        moved = PushTarget(PushKind.APNS, apple.endpoint, topic="co.example.otra")
        await keep_push_address(pool, "patrol-1", moved, 3)
        assert await of(pool, "patrol-1") == (google, moved)
        with pytest.raises(Refused):
            await keep_push_address(pool, "patrol-1", PushTarget(PushKind.WEBPUSH, "x"), 4)


@on_asyncio
async def test_a_browser_wakes_one_device_the_last_that_it_was(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        await keep_push_address(pool, "patrol-1", target(1), 1)
        await keep_push_address(pool, "app-ana", target(1), 2)
        assert await of(pool, "patrol-1") == ()
        assert await of(pool, "app-ana") == (target(1),)
        with pytest.raises(Refused):
            await keep_push_address(pool, "nobody", target(2), 3)


@on_asyncio
async def test_going_off_duty_forgets_what_came_before_it_and_being_revoked_everything(
    dsn: str, tmp_path: Path
) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        await keep_push_address(pool, "patrol-1", target(1), 1_000)
        await keep_push_address(pool, "patrol-1", target(2), 3_000)
        await keep_push_address(pool, "app-ana", target(3), 1_000)
        async with connected(pool) as connection:
            left = Fact(FactKind.DUTY, 2_000, OFF_DUTY, device_id="patrol-1")
            await record(connection, [left])
        assert await of(pool, "patrol-1") == (target(2),)
        assert await of(pool, "app-ana") == (target(3),)
        await revoke(pool, "patrol-1", "lost")
        assert await of(pool, "patrol-1") == ()


@on_asyncio
async def test_a_clock_that_was_set_back_keeps_nobody_on_duty(dsn: str, tmp_path: Path) -> None:
    now_ms = time.time_ns() // 1_000_000
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        await keep_push_address(pool, "patrol-1", target(1), now_ms + 3_600_000)
        async with connected(pool) as connection:
            left = Fact(FactKind.DUTY, now_ms, OFF_DUTY, device_id="patrol-1")
            await record(connection, [left])
        assert await of(pool, "patrol-1") == ()


@on_asyncio
async def test_every_change_is_announced(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)

        async def seq(device_id: str) -> int:
            async with connected(pool) as connection:
                return int(
                    await connection.fetchval(
                        "SELECT seq FROM registry_changes WHERE thing = 'device' AND id = $1",
                        device_id,
                    )
                )

        before = await seq("patrol-1")
        await keep_push_address(pool, "patrol-1", target(1), 1)
        kept = await seq("patrol-1")
        await keep_push_address(pool, "app-ana", target(1), 1)
        moved = await seq("patrol-1")
        assert before < kept < moved
        at_first = await seq("app-ana")
        await drop_push_address(pool, "app-ana", target(1).endpoint)
        assert at_first < await seq("app-ana")

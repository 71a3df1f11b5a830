"""The maintenance list has every device that is watched, with all that is known of it."""

from datetime import UTC, datetime
from pathlib import Path

from dispatch.core.kit_view import DeviceView
from dispatch.store.enrolment import revoke
from dispatch.store.kit import maintenance_list, troubles
from dispatch.store.pool import Pool, connected, open_pool
from protocol.vocabulary import TroubleKind

from .on_asyncio import on_asyncio
from .samples import fill

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)
KNOWN = """
    INSERT INTO kit VALUES ('button-1', $1::timestamptz, 15, $1, $1 + interval '7 days'),
                           ('removed-long-ago', $1, NULL, NULL, NULL)
"""
TROUBLES = """
    INSERT INTO troubles (trouble_id, view)
    SELECT n || kind, jsonb_build_object(
        'trouble_id', n || kind, 'kind', kind, 'device_id', 'button-1', 'device', 'Botón tienda',
        'role', 'button', 'front_id', 'f-manga', 'front', 'Frente Manga',
        'opened_at_ms', n, 'closed_at_ms', closed)
    FROM (VALUES (1, 'tamper', NULL), (2, 'missing', 5), (3, 'low_battery', NULL))
         AS t (n, kind, closed)
"""


async def prepare(pool: Pool, tmp_path: Path) -> None:
    await fill(pool, tmp_path)
    async with connected(pool) as connection:
        await connection.execute(KNOWN, AT)
        await connection.execute(TROUBLES)


@on_asyncio
async def test_each_watched_device_is_listed_with_what_is_known_of_it(
    dsn: str, tmp_path: Path
) -> None:
    async with open_pool(dsn) as pool:
        await prepare(pool, tmp_path)
        listed = await maintenance_list(pool)
        assert [row.device_id for row in listed] == ["button-1", "gateway-1", "patrol-1"]
        button, gateway, _ = listed
        assert (button.front, button.gateway_id, button.wired) == (
            *("Frente Manga", "gateway-1", False),
        )
        assert (button.last_seen_at, button.battery_percent, button.tested_at) == (AT, 15, AT)
        assert button.troubles == (TroubleKind.TAMPER, TroubleKind.LOW_BATTERY)
        assert (gateway.last_seen_at, gateway.troubles) == (None, ())


@on_asyncio
async def test_the_list_is_of_one_front_or_of_what_is_wrong(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await prepare(pool, tmp_path)
        for asked in ({"front": "f-manga"}, {"only_troubled": True}):
            assert [row.device_id for row in await maintenance_list(pool, **asked)] == ["button-1"]
        assert await maintenance_list(pool, front="f-other") == []
        await revoke(pool, "button-1", "lost")
        assert await maintenance_list(pool, only_troubled=True) == []


@on_asyncio
async def test_troubles_come_newest_first_all_or_those_that_last(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await prepare(pool, tmp_path)
        every = await troubles(pool, limit=9)
        assert [row.kind for row in every] == ["low_battery", "missing", "tamper"]
        assert [row.closed_at is None for row in every] == [True, False, True]
        assert (every[0].device, every[0].front) == ("Botón tienda", "Frente Manga")
        assert [row.kind for row in await troubles(pool, limit=1, only_open=True)] == [
            "low_battery"
        ]


def test_what_the_journal_says_of_a_device_has_a_column_each() -> None:
    assert DeviceView.__struct_fields__ == (
        *("last_seen_ms", "battery_percent", "tested_ms", "test_due_ms", "troubles"),
    )

"""The record is read newest first; its queries go along an index."""

from dispatch.store.alert_records import _SEARCH, Search, search, timeline, view_of
from dispatch.store.pool import connected, open_pool
from tests.console.samples import ALERT, NOW_MS, raised, record
from tests.store.on_asyncio import on_asyncio

MANY = """
    INSERT INTO alerts (alert_id, version, view)
    SELECT id, 1, jsonb_set(jsonb_set(view, '{alert_id}', to_jsonb(id)),
                            '{stages,received_at_ms}', to_jsonb(1700000000000 + n))
    FROM alerts, (SELECT gen_random_uuid() AS id, n FROM generate_series(1, 3000) AS n) AS s;
    ANALYZE alerts
"""
OTHER = ALERT[:-2] + "ff"


@on_asyncio
async def test_what_is_found_comes_newest_first_after_a_place(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await record(pool, raised(ALERT), raised(OTHER))
        found = await search(pool, Search(), None, 10)
        assert [each.place.alert_id for each in found] == [OTHER, ALERT], "the ids decide"
        (later,) = await search(pool, Search(), found[0].place, 10)
        assert later == found[1]
        assert await search(pool, Search(), found[1].place, 10) == []
        assert (await view_of(pool, ALERT)) == found[1].view
        assert found[1].view["stages"]["received_at_ms"] == NOW_MS
        assert await view_of(pool, ALERT[:-2] + "00") is None
        assert await timeline(pool, ALERT) == ([], [])
        assert await timeline(pool, ALERT[:-2] + "00") is None


@on_asyncio
async def test_a_page_far_back_is_found_along_the_index(own_dsn: str) -> None:
    async with open_pool(own_dsn) as pool, connected(pool) as connection:
        await record(pool, raised(ALERT))
        await connection.execute(MANY)
        await connection.execute(f"PREPARE page AS {_SEARCH}")
        nothing = ", ".join(["NULL"] * 7)
        plan = await connection.fetch(
            f"EXPLAIN EXECUTE page({nothing}, '2026-01-01Z', '{ALERT}', 10)"
        )
        assert any("alerts_in_time" in row[0] for row in plan), plan
        assert not any("Sort" in row[0] for row in plan), plan

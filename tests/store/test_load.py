from pathlib import Path

import shapely

from dispatch.core.registry import Registry
from dispatch.store.load import load_registry
from dispatch.store.pool import connected, open_pool

from .on_asyncio import on_asyncio
from .samples import ANA, APP, BUTTON, EDITION_1, EDITION_2, FRONT, GATEWAY, PATROL, activate, fill


@on_asyncio
async def test_an_empty_registry_has_nothing_and_no_edition(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        loaded = await load_registry(pool)
    assert (loaded.things, loaded.edition, loaded.mark.seq) == ([], None, 0)


@on_asyncio
async def test_what_was_imported_is_loaded_unchanged(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        loaded = await load_registry(pool)
    assert set(loaded.things) == {ANA, FRONT, APP, PATROL, GATEWAY, BUTTON}
    assert loaded.mark.seq == len(loaded.things)


@on_asyncio
async def test_things_come_after_those_they_name(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        loaded = await load_registry(pool)
    kinds = [type(thing).__name__ for thing in loaded.things]
    assert kinds == ["Person", "Front", "Device", "Device", "Device", "Device"]


@on_asyncio
async def test_the_edition_in_force_is_loaded_exactly(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await activate(pool, EDITION_2)
        await activate(pool, EDITION_1)
        edition = (await load_registry(pool)).edition
    assert edition is not None
    assert edition.id == "2024"
    assert edition.quadrants == EDITION_1.edition.quadrants
    assert shapely.equals_exact(
        edition.by_code["Q-01"].polygon, EDITION_1.edition.by_code["Q-01"].polygon
    )


@on_asyncio
async def test_an_edition_that_is_known_is_not_read_again(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await activate(pool, EDITION_1)
        known = (await load_registry(pool)).edition
        assert (await load_registry(pool, known)).edition is known
        await activate(pool, EDITION_2)
        changed = (await load_registry(pool, known)).edition
    assert changed is not None
    assert changed.id == "2025"


@on_asyncio
async def test_false_alarms_count_for_device_and_person_within_the_window(
    dsn: str, tmp_path: Path
) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        async with connected(pool) as connection:
            await connection.execute(
                """
                INSERT INTO false_alarms
                SELECT gen_random_uuid(), 'app-ana', 'p-ana', now() - make_interval(days => days)
                FROM unnest(ARRAY[0, 89, 91]) AS days
                """
            )
        loaded = await load_registry(pool)
    counted = {
        name: things[name].false_alarms
        for things in [_by_id(loaded.things)]
        for name in ("p-ana", "app-ana", "button-1")
    }
    assert counted == {"p-ana": 2, "app-ana": 2, "button-1": 0}


@on_asyncio
async def test_credentials_and_revocation_are_loaded(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        async with connected(pool) as connection:
            await connection.execute(
                """
                UPDATE devices SET token_hash = sha256('t'), code_hash = sha256('c'),
                    code_expires_at = to_timestamp(1.2345) WHERE device_id = 'app-ana'
                """
            )
            await connection.execute(
                "UPDATE devices SET revoked_at = now(), revoked_reason = 'lost' "
                "WHERE device_id = 'button-1'"
            )
            token_hash = await connection.fetchval("SELECT sha256('t')")
            code_hash = await connection.fetchval("SELECT sha256('c')")
        things = _by_id((await load_registry(pool)).things)
    app = things["app-ana"]
    assert (app.token_hash, app.code_hash, app.code_expires_at_ms) == (token_hash, code_hash, 1234)
    assert (app.revoked, things["button-1"].revoked) == (False, True)


def _by_id(things: list) -> dict:
    registry = Registry(None, things)
    return {**registry.people, **registry.devices}

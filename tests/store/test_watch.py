import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from dispatch.core.registry import Change, Device, EditionActivated, Front, Person, Removed
from dispatch.store.enrolment import issue_code, revoke
from dispatch.store.load import load_registry
from dispatch.store.mark import Mark, read_mark
from dispatch.store.pool import Pool, connected, open_pool
from dispatch.store.record import keep_false_alarm
from dispatch.store.watch import BATCH, FeedStatus, watch

from .conftest import Server
from .on_asyncio import on_asyncio, soon
from .samples import ANA, APP, EDITION_1, EDITION_2, FRONT, PATROL, activate, fill

LIVE = FeedStatus(live=True)
ALERT_ID = "01932f7a-5c00-7abc-8def-0123456789ab"


class Watching:
    """What a watch has said so far."""

    def __init__(self) -> None:
        self.changes: asyncio.Queue[Change] = asyncio.Queue()
        self.statuses: asyncio.Queue[FeedStatus] = asyncio.Queue()
        self.marks: list[Mark] = []

    async def next(self) -> Change:
        return await soon(self.changes.get())

    async def until_live(self) -> None:
        while not (await soon(self.statuses.get())).live:
            pass

    async def until_cut(self) -> str:
        while (status := await soon(self.statuses.get())).live:
            pass
        return status.reason


async def beginning(dsn: str) -> Mark:
    """Before the first change of this registry."""
    async with open_pool(dsn) as pool, connected(pool) as connection:
        return replace(await read_mark(connection), seq=0)


@asynccontextmanager
async def watching(
    dsn: str, mark: Mark | None = None, *, poll_s: float = 60.0
) -> AsyncIterator[Watching]:
    """A watch that is live. It polls so seldom that what comes soon came by notification."""
    seen = Watching()
    task = asyncio.create_task(
        watch(
            dsn,
            mark or await beginning(dsn),
            seen.changes.put_nowait,
            say=seen.statuses.put_nowait,
            reached=seen.marks.append,
            poll_s=poll_s,
        )
    )
    try:
        await seen.until_live()
        yield seen
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await soon(task)


async def run(pool: Pool, sql: str) -> None:
    async with connected(pool) as connection:
        await connection.execute(sql)


@on_asyncio
async def test_each_thing_that_changes_comes_as_it_is_now(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool, watching(dsn) as seen:
        await fill(pool, tmp_path)
        first = [await seen.next() for _ in range(6)]
        await run(pool, "UPDATE people SET name = 'Ana D.'")
        assert await seen.next() == replace(ANA, name="Ana D.")
        await run(pool, "UPDATE fronts SET cameras = 3")
        assert await seen.next() == replace(FRONT, cameras=3)
        await run(pool, "UPDATE devices SET quadrant = 'Q-02' WHERE role = 'patrol'")
        assert await seen.next() == replace(PATROL, quadrant="Q-02")
    assert [type(change) for change in first] == [Person, Front, *[Device] * 4]


@on_asyncio
async def test_a_removed_thing_is_told_as_removed(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        loaded = await load_registry(pool)
        async with watching(dsn, loaded.mark) as seen:
            await run(pool, "DELETE FROM devices WHERE device_id = 'patrol-1'")
            assert await seen.next() == Removed(Device, "patrol-1")


@on_asyncio
async def test_a_revocation_arrives(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        loaded = await load_registry(pool)
        async with watching(dsn, loaded.mark) as seen:
            assert await revoke(pool, "app-ana", "stolen")
            assert await seen.next() == replace(APP, revoked=True)


@on_asyncio
async def test_a_false_alarm_marks_device_and_person(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        loaded = await load_registry(pool)
        async with watching(dsn, loaded.mark) as seen:
            async with connected(pool) as connection:
                now_ms = await connection.fetchval(
                    "SELECT extract(epoch FROM now())::bigint * 1000"
                )
            await keep_false_alarm(
                pool,
                alert_id=ALERT_ID,
                device_id="app-ana",
                person_id="p-ana",
                closed_at_ms=now_ms,
            )
            changes = {await seen.next(), await seen.next()}
            assert changes == {replace(APP, false_alarms=1), replace(ANA, false_alarms=1)}


@on_asyncio
async def test_nothing_between_load_and_watch_is_missed(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        loaded = await load_registry(pool)
        await run(pool, "UPDATE people SET phone = '1'")
        async with watching(dsn, loaded.mark) as seen:
            assert await seen.next() == replace(ANA, phone="1")
            assert seen.changes.empty()


@on_asyncio
async def test_a_change_whose_notification_was_lost_comes_with_the_poll(own_dsn: str) -> None:
    async with open_pool(own_dsn) as pool:
        await run(
            pool,
            "CREATE OR REPLACE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN INSERT INTO registry_changes VALUES "
            "('person', NEW.person_id, nextval('registry_seq')); RETURN NULL; END $$;"
            "DROP TRIGGER announce_new ON people;"
            "CREATE TRIGGER announce_new AFTER INSERT ON people FOR EACH ROW "
            "EXECUTE FUNCTION quiet()",
        )
        async with watching(own_dsn, poll_s=0.05) as seen:
            await run(pool, "INSERT INTO people VALUES ('p', 'Ana')")
            assert await seen.next() == Person("p", "Ana")


@on_asyncio
async def test_a_bulk_change_comes_whole_while_the_loop_turns(dsn: str) -> None:
    many = 4 * BATCH + 1
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with open_pool(dsn) as pool, watching(dsn) as seen:
        turning = asyncio.create_task(turn())
        async with connected(pool) as connection:
            await connection.execute(
                "INSERT INTO people SELECT 'p' || i, 'Ana' FROM generate_series(1, $1::int) i", many
            )
        first = await seen.next()
        turns_before = turns
        changes = {first} | {await seen.next() for _ in range(many - 1)}
        turning.cancel()
    assert {change.person_id for change in changes} == {f"p{i}" for i in range(1, many + 1)}
    assert turns > turns_before


@on_asyncio
async def test_writers_at_once_are_all_seen(dsn: str, tmp_path: Path) -> None:
    async def write(number: int) -> None:
        device = replace(APP, device_id=f"app-{number}")
        await issue_code(pool, device)

    async with open_pool(dsn) as pool, watching(dsn) as seen:
        await fill(pool, tmp_path)
        await asyncio.gather(*map(write, range(20)))
        wanted = {f"app-{number}" for number in range(20)}
        while wanted:
            change = await seen.next()
            wanted -= {getattr(change, "device_id", "")}


@on_asyncio
async def test_a_new_edition_is_built_and_put_in_force(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await activate(pool, EDITION_1)
        loaded = await load_registry(pool)
        async with watching(dsn, loaded.mark) as seen:
            await activate(pool, EDITION_2)
            await run(pool, "INSERT INTO people VALUES ('p', 'Ana')")
            assert await seen.next() == Person("p", "Ana")  # does not wait for the building
            change = await seen.next()
    assert isinstance(change, EditionActivated)
    assert change.locator.edition.id == "2025"
    assert change.locator.locate(10.415, -75.535).quadrant == "Q-02"


@on_asyncio
async def test_an_edition_that_cannot_be_built_is_said_and_the_rest_goes_on(dsn: str) -> None:
    async with open_pool(dsn) as pool, watching(dsn) as seen:
        await run(
            pool,
            "INSERT INTO editions (edition_id, name, source_file, content)"
            " VALUES ('broken', '', '', sha256('x'));"
            "INSERT INTO quadrants VALUES ('broken', 'Q', '', '', '', '', '\\x00');"
            "INSERT INTO active_edition (edition_id) VALUES ('broken')",
        )
        assert "the new edition cannot be built" in await seen.until_cut()
        await run(pool, "INSERT INTO people VALUES ('p', 'Ana')")
        assert await seen.next() == Person("p", "Ana")
        await activate(pool, EDITION_1)
        assert isinstance(await seen.next(), EditionActivated)
        await seen.until_live()


@on_asyncio
async def test_it_catches_up_after_the_server_was_away(
    server: Server, dsn: str, tmp_path: Path
) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        loaded = await load_registry(pool)
        async with watching(dsn, loaded.mark) as seen:
            with server.stopped():
                assert await seen.until_cut()
            await run(pool, "UPDATE people SET phone = '2'")
            assert await seen.next() == replace(ANA, phone="2")
            await seen.until_live()


@on_asyncio
async def test_a_frozen_server_is_noticed(server: Server, dsn: str) -> None:
    async with watching(dsn, poll_s=0.05) as seen:
        with server.frozen():
            assert "no_answer" in await seen.until_cut()
        await seen.until_live()


@on_asyncio
async def test_it_waits_for_a_server_that_is_not_there_yet(server: Server, dsn: str) -> None:
    mark = await beginning(dsn)
    with server.stopped():
        seen = Watching()
        task = asyncio.create_task(
            watch(dsn, mark, seen.changes.put_nowait, say=seen.statuses.put_nowait)
        )
        assert await seen.until_cut()
        server.start()
        await seen.until_live()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@on_asyncio
async def test_it_says_how_far_everything_is_in_force(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool, watching(dsn) as seen:
        await fill(pool, tmp_path)
        for _ in range(6):
            await seen.next()
        assert seen.marks[-1] == (await load_registry(pool)).mark


@on_asyncio
async def test_nothing_is_in_force_beyond_an_edition_that_is_being_built(dsn: str) -> None:
    """Whoever starts again from there must hear of the edition again."""
    async with open_pool(dsn) as pool, watching(dsn) as seen:
        await activate(pool, EDITION_1)
        await run(pool, "INSERT INTO people VALUES ('p', 'Ana')")
        assert await seen.next() == Person("p", "Ana")
        assert seen.marks == []
        assert isinstance(await seen.next(), EditionActivated)
        assert [mark.seq for mark in seen.marks] == [2]


@on_asyncio
async def test_another_registry_is_not_followed(dsn: str, tmp_path: Path) -> None:
    other = replace(await beginning(dsn), history=1)
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
    seen = Watching()
    task = asyncio.create_task(
        watch(dsn, other, seen.changes.put_nowait, say=seen.statuses.put_nowait)
    )
    assert "another_registry" in await seen.until_cut()
    assert seen.changes.empty()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@on_asyncio
async def test_one_restored_from_a_backup_is_read_from_its_beginning(
    dsn: str, tmp_path: Path
) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        later = replace(await beginning(dsn), seq=1_000_000)
        async with watching(dsn, later) as seen:
            assert len([await seen.next() for _ in range(6)]) == 6
            assert seen.marks[-1] == (await load_registry(pool)).mark


@on_asyncio
async def test_old_false_alarms_are_forgotten(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        await keep_false_alarm(
            pool, alert_id=ALERT_ID, device_id="app-ana", person_id="p-ana", closed_at_ms=0
        )
        loaded = await load_registry(pool)
        async with watching(dsn, loaded.mark) as seen:
            assert {await seen.next(), await seen.next()} == {APP, ANA}
        async with connected(pool) as connection:
            assert await connection.fetchval("SELECT count(*) FROM false_alarms") == 0


@on_asyncio
async def test_what_apply_raises_ends_the_watch(dsn: str, tmp_path: Path) -> None:
    def apply(change: Change) -> None:
        raise AssertionError(type(change).__name__)

    async with open_pool(dsn) as pool:
        await fill(pool, tmp_path)
        with pytest.raises(ExceptionGroup) as raised:
            await soon(watch(dsn, await beginning(dsn), apply))
    assert raised.group_contains(AssertionError)

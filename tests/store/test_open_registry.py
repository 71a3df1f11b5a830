"""The order at start, against a real server that is there, away, frozen, or made anew."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from dispatch.core.registry import Change, Device, EditionActivated, Person, Registry
from dispatch.store.errors import Refused, StoreUnavailable
from dispatch.store.mark import Mark, read_mark
from dispatch.store.migrate import migrate, migrations
from dispatch.store.open_registry import OpenedRegistry, follow_registry, open_registry
from dispatch.store.pool import Pool, connected, open_pool
from dispatch.store.registry_copy import RegistryCopy, load_copy
from dispatch.store.watch import FeedStatus

from .conftest import Server, execute
from .on_asyncio import on_asyncio, soon
from .samples import ANA, APP, EDITION_1, EDITION_2, PATROL, activate, fill

AWAY = "postgresql://me@127.0.0.1:1/none"


async def run(pool: Pool, sql: str) -> None:
    async with connected(pool) as connection:
        await connection.execute(sql)


async def keep(folder: Path, opened: OpenedRegistry) -> None:
    """What a running core does."""
    registry = Registry(opened.locator, opened.things)
    await RegistryCopy(folder, registry, opened.mark, opened.kept).save()


async def filled(dsn: str, folder: Path) -> OpenedRegistry:
    """A registry in use, and its copy."""
    async with open_pool(dsn) as pool:
        await fill(pool, folder)
        await activate(pool, EDITION_1)
        opened = await open_registry(pool, folder)
        await keep(folder, opened)
    return opened


@on_asyncio
async def test_without_a_copy_postgresqls_is_taken(dsn: str, tmp_path: Path) -> None:
    opened = await filled(dsn, tmp_path)
    assert PATROL in opened.things
    assert opened.locator.locate(10.415, -75.535).quadrant == "Q-01"
    assert (opened.is_copy, opened.kept) == (False, None)


@on_asyncio
async def test_where_postgresql_answers_its_registry_is_newer(dsn: str, tmp_path: Path) -> None:
    await filled(dsn, tmp_path)
    async with open_pool(dsn) as pool:
        await run(pool, "UPDATE people SET phone = '7'")
        opened = await open_registry(pool, tmp_path)
    assert replace(ANA, phone="7") in opened.things
    assert not opened.is_copy


@on_asyncio
async def test_where_nothing_changed_since_the_copy_nothing_is_read_again(
    dsn: str, tmp_path: Path
) -> None:
    await filled(dsn, tmp_path)
    async with open_pool(dsn) as pool:
        # No trigger tells of it: whoever reads people finds it, whoever reads the mark does not.
        await run(pool, "SET session_replication_role = replica; UPDATE people SET phone = '7'")
        opened = await open_registry(pool, tmp_path)
    assert ANA in opened.things
    assert not opened.is_copy
    assert opened.locator is opened.kept


@on_asyncio
async def test_the_index_of_the_same_edition_is_not_built_again(dsn: str, tmp_path: Path) -> None:
    await filled(dsn, tmp_path)
    async with open_pool(dsn) as pool:
        opened = await open_registry(pool, tmp_path)
        assert opened.locator is opened.kept
        await activate(pool, EDITION_2)
        opened = await open_registry(pool, tmp_path)
    assert opened.locator is not opened.kept
    assert opened.locator.edition.id == "2025"


@on_asyncio
async def test_without_postgresql_the_copy_serves_at_once_and_loudly(
    dsn: str, tmp_path: Path
) -> None:
    before = await filled(dsn, tmp_path)
    async with open_pool(AWAY) as pool:
        with capture_logs() as said:
            opened = await open_registry(pool, tmp_path)
    assert opened.is_copy
    assert set(opened.things) == set(before.things)
    assert opened.mark == before.mark
    assert opened.locator.locate(10.415, -75.535).quadrant == "Q-01"
    (line,) = said
    assert (line["event"], line["log_level"]) == ("registry_from_copy", "error")
    assert line["reason"].startswith("unreachable")


@on_asyncio
async def test_a_frozen_server_is_not_waited_for(server: Server, dsn: str, tmp_path: Path) -> None:
    await filled(dsn, tmp_path)
    async with open_pool(dsn) as pool:
        with server.frozen(), capture_logs() as said:
            opened = await open_registry(pool, tmp_path, answer_within_s=0.1)
    assert opened.is_copy
    assert said[0]["reason"] == "no_answer: not within 0.1 s"


@on_asyncio
async def test_a_database_of_another_version_does_not_stop_dispatch(
    own_dsn: str, tmp_path: Path
) -> None:
    await filled(own_dsn, tmp_path)
    await execute(own_dsn, "INSERT INTO schema_migrations VALUES ('9999_later.sql', '\\x00')")
    async with open_pool(own_dsn) as pool:
        assert (await open_registry(pool, tmp_path)).is_copy
        with pytest.raises(Refused, match="9999_later"):
            await open_registry(pool, tmp_path / "none")


@on_asyncio
async def test_a_database_made_anew_does_not_empty_the_registry(
    dsn: str, empty_database: str, tmp_path: Path
) -> None:
    before = await filled(dsn, tmp_path)
    async with open_pool(empty_database) as pool:
        opened = await open_registry(pool, tmp_path)
        assert (opened.is_copy, set(opened.things)) == (True, set(before.things))
        await fill(pool, tmp_path)  # someone brought a registry in, and starts the core again
        opened = await open_registry(pool, tmp_path)
    assert (opened.is_copy, opened.mark.history == before.mark.history) == (False, False)


@on_asyncio
async def test_a_spoilt_copy_is_said_and_left_alone(dsn: str, tmp_path: Path) -> None:
    await filled(dsn, tmp_path)
    (tmp_path / "registry.copy").write_bytes(b"cuadrante registry 0\n")
    async with open_pool(dsn) as pool:
        with capture_logs() as said:
            opened = await open_registry(pool, tmp_path)
    assert PATROL in opened.things
    assert said[0]["event"] == "registry_copy_ignored"
    assert "format 0" in said[0]["reason"]


@on_asyncio
async def test_without_either_it_waits_says_so_and_gives_up(tmp_path: Path) -> None:
    async with open_pool(AWAY) as pool:
        with (
            capture_logs() as said,
            pytest.raises(StoreUnavailable, match=r"unreachable: for 0.2 s, and no local copy"),
        ):
            await open_registry(pool, tmp_path, without_copy_s=0.2)
    assert said[0]["event"] == "waiting_for_postgres"


@on_asyncio
async def test_without_a_copy_it_starts_when_postgresql_does(
    server: Server, dsn: str, tmp_path: Path
) -> None:
    async with open_pool(dsn) as pool:
        with server.stopped(), capture_logs() as said:
            opening = asyncio.create_task(open_registry(pool, tmp_path, without_copy_s=60.0))
            async with asyncio.timeout(30.0):
                while not said:  # noqa: ASYNC110 - no event tells of a line
                    await asyncio.sleep(0.01)
        opened = await soon(opening)
    assert not opened.is_copy


# --- following ----------------------------------------------------------------------------------


@dataclass
class Following:
    """What a core that follows has heard."""

    changes: "asyncio.Queue[Change]" = field(default_factory=asyncio.Queue)
    statuses: "asyncio.Queue[FeedStatus]" = field(default_factory=asyncio.Queue)
    marks: list[Mark] = field(default_factory=list)

    async def until_live(self) -> None:
        while not (await soon(self.statuses.get())).live:
            pass

    async def until_cut(self, reason: str) -> None:
        while reason not in (await soon(self.statuses.get())).reason:
            pass


@asynccontextmanager
async def following(dsn: str, mark: Mark) -> AsyncIterator[Following]:
    seen = Following()
    async with open_pool(dsn) as pool:
        task = asyncio.create_task(
            follow_registry(
                pool,
                dsn,
                mark,
                seen.changes.put_nowait,
                say=seen.statuses.put_nowait,
                reached=seen.marks.append,
            )
        )
        try:
            yield seen
        finally:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await soon(task)


@on_asyncio
async def test_started_from_the_copy_it_catches_up_when_postgresql_is_back(
    server: Server, dsn: str, tmp_path: Path
) -> None:
    await filled(dsn, tmp_path)
    async with open_pool(dsn) as pool:
        await run(pool, "UPDATE people SET phone = '8'")
        await activate(pool, EDITION_2)
    async with AsyncExitStack() as stack:
        with server.stopped():
            async with open_pool(dsn) as pool:
                opened = await open_registry(pool, tmp_path)
            assert opened.is_copy
            seen = await stack.enter_async_context(following(dsn, opened.mark))
            await seen.until_cut("unreachable")
        await seen.until_live()
        assert await soon(seen.changes.get()) == replace(ANA, phone="8")
        assert isinstance(await soon(seen.changes.get()), EditionActivated)


@on_asyncio
async def test_the_schema_is_brought_up_to_date_before_it_is_followed(
    empty_database: str, tmp_path: Path
) -> None:
    first, *later = migrations().items()
    async with open_pool(empty_database) as pool:
        await migrate(pool, dict([first]))
        async with connected(pool) as connection:
            mark = await read_mark(connection)
        async with following(empty_database, mark) as seen:
            await seen.until_live()
        assert await pool.fetchval("SELECT count(*) FROM schema_migrations") == 1 + len(later)


@on_asyncio
async def test_a_running_core_does_not_take_a_database_made_anew(
    dsn: str, empty_database: str, tmp_path: Path
) -> None:
    opened = await filled(dsn, tmp_path)
    async with following(empty_database, opened.mark) as seen:
        await seen.until_cut("another_registry")
        assert seen.changes.empty()


@on_asyncio
async def test_copy_and_feed_go_together(dsn: str, tmp_path: Path) -> None:
    opened = await filled(dsn, tmp_path)
    async with following(dsn, opened.mark) as seen, open_pool(dsn) as pool:
        await seen.until_live()
        await run(pool, "DELETE FROM devices WHERE device_id = 'patrol-1'")
        await run(pool, "INSERT INTO people VALUES ('p', 'Ana')")
        registry = Registry(opened.locator, opened.things)
        for _ in range(2):
            registry.apply(await soon(seen.changes.get()))
        copy = RegistryCopy(tmp_path, registry, seen.marks[-1], opened.kept)
        await copy.save()
        loaded, kept = await open_registry(pool, tmp_path), load_copy(tmp_path)
    assert kept is not None
    assert (set(kept.things), kept.mark) == (set(loaded.things), loaded.mark)
    assert Person("p", "Ana") in kept.things
    assert APP in kept.things
    assert not any(isinstance(each, Device) and each == PATROL for each in kept.things)

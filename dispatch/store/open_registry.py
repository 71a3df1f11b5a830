"""The registry at start, and from then on: PostgreSQL's where it answers, the local copy elsewhere.

No press waits for a database that is dead, frozen, starting or being repaired, nor for one that
would only say what the copy says: it is asked for its mark first. And none is refused because
someone made the database anew: an empty registry never takes the place of a full one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from dispatch.core.locate import Locator
from dispatch.core.registry import Change, Device
from dispatch.store.errors import Refused, StoreUnavailable, Unavailable
from dispatch.store.load import LoadedRegistry, load_registry
from dispatch.store.mark import Mark, read_mark
from dispatch.store.migrate import migrate
from dispatch.store.pool import Pool, connected
from dispatch.store.quadrants_copy import NO_EDITION
from dispatch.store.registry_copy import LoadedCopy, load_copy
from dispatch.store.rows import Thing
from dispatch.store.sealed_file import Unusable
from dispatch.store.watch import FeedStatus, watch

ANSWER_WITHIN_S: Final = 0.5
"""Connecting, migrating and reading the mark, where a copy could serve instead: some 0.03 s."""
LOAD_WITHIN_S: Final = 2.0
"""Loading all of it, where something changed since the copy: 0.4 s for 30,000 devices."""
WITHOUT_COPY_S: Final = 10.0
"""An embedded PostgreSQL that is made at the first start takes a few seconds."""
RETRY_S: Final = 1.0
REFUSED_RETRY_S: Final = 60.0
"""Only another version of the software, or of the database, mends what migrations refuse."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class OpenedRegistry:
    """What the core starts with."""

    things: list[Thing]
    locator: Locator
    mark: Mark
    """Up to where it is known: `follow_registry` goes on from there."""
    is_copy: bool
    """PostgreSQL did not answer, or not with this registry: it may have changed meanwhile."""
    kept: Locator | None
    """The index that the local copy holds already, for `RegistryCopy`."""


async def open_registry(
    pool: Pool,
    folder: Path,
    *,
    answer_within_s: float = ANSWER_WITHIN_S,
    without_copy_s: float = WITHOUT_COPY_S,
) -> OpenedRegistry:
    """Take PostgreSQL's registry if it answers soon, else the copy in `folder`.

    Without a copy there is nothing to dispatch by, so PostgreSQL is waited for.
    Raises `StoreUnavailable` and `Refused`, without a copy only.
    """
    copy = await asyncio.to_thread(_usable_copy, folder)
    if copy is None:
        return await _opened(await _waited_for(pool, without_copy_s), None)
    try:
        loaded = await _newer(pool, copy, answer_within_s)
    except (StoreUnavailable, Refused) as error:
        return _by_copy(copy, str(error))
    if loaded is None:
        return OpenedRegistry(
            copy.things, copy.locator, copy.mark, is_copy=False, kept=copy.locator
        )
    if loaded.mark.history != copy.mark.history and _was_in_use(copy) and not _was_in_use(loaded):
        return _by_copy(copy, f"{Unavailable.ANOTHER_REGISTRY}: it has no devices")
    return await _opened(loaded, copy)


async def follow_registry(
    pool: Pool,
    dsn: str,
    mark: Mark,
    apply: Callable[[Change], None],
    *,
    say: Callable[[FeedStatus], None] = lambda _: None,
    reached: Callable[[Mark], None] = lambda _: None,
) -> None:
    """Call `apply` for everything that changes after `mark`, for ever; like `watch`.

    PostgreSQL may be away to begin with. When it is there, its schema is brought up to date first.
    """
    await _migrated(pool, say)
    await watch(dsn, mark, apply, say=say, reached=reached)


async def _newer(pool: Pool, copy: LoadedCopy, answer_within_s: float) -> LoadedRegistry | None:
    """Load PostgreSQL's registry, unless the copy is the same. Raises `StoreUnavailable`."""
    async with _answered_within(answer_within_s):
        await migrate(pool)
        async with connected(pool) as connection:
            mark = await read_mark(connection)
    if mark == copy.mark:
        return None
    async with _answered_within(LOAD_WITHIN_S):
        return await load_registry(pool, copy.locator.edition)


@asynccontextmanager
async def _answered_within(deadline_s: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(deadline_s):
            yield
    except TimeoutError:
        raise StoreUnavailable(Unavailable.NO_ANSWER, f"not within {deadline_s:g} s") from None


def _usable_copy(folder: Path) -> LoadedCopy | None:
    try:
        return load_copy(folder)
    except Unusable as error:
        log.warning("registry_copy_ignored", folder=str(folder), reason=str(error))
        return None


def _was_in_use(registry: LoadedRegistry | LoadedCopy) -> bool:
    return any(isinstance(thing, Device) for thing in reversed(registry.things))


def _by_copy(copy: LoadedCopy, reason: str) -> OpenedRegistry:
    log.error("registry_from_copy", reason=reason, seq=copy.mark.seq)
    return OpenedRegistry(copy.things, copy.locator, copy.mark, is_copy=True, kept=copy.locator)


async def _opened(loaded: LoadedRegistry, copy: LoadedCopy | None) -> OpenedRegistry:
    edition = loaded.edition or NO_EDITION
    if copy is not None and edition is copy.locator.edition:
        locator = copy.locator
    else:
        locator = await asyncio.to_thread(Locator, edition)
    kept = None if copy is None else copy.locator
    return OpenedRegistry(loaded.things, locator, loaded.mark, is_copy=False, kept=kept)


async def _waited_for(pool: Pool, patience_s: float) -> LoadedRegistry:
    clock = asyncio.get_running_loop().time
    give_up_at_s = clock() + patience_s
    while True:
        try:
            await migrate(pool)
            return await load_registry(pool)
        except StoreUnavailable as error:
            left_s = round(give_up_at_s - clock(), 1)
            if left_s <= 0:
                why = f"for {patience_s:g} s, and no local copy of the registry to start from"
                raise StoreUnavailable(error.reason, why) from None
            log.warning("waiting_for_postgres", reason=str(error), left_s=left_s)
        await asyncio.sleep(RETRY_S)


async def _migrated(pool: Pool, say: Callable[[FeedStatus], None]) -> None:
    while True:
        try:
            await migrate(pool)
        except StoreUnavailable as error:
            say(FeedStatus(live=False, reason=str(error)))
            await asyncio.sleep(RETRY_S)
        except Refused as error:
            say(FeedStatus(live=False, reason=str(error)))
            await asyncio.sleep(REFUSED_RETRY_S)
        else:
            return

"""The registry's changes, as they are committed: the core's copy follows without a restart.

PostgreSQL tells that something changed (NOTIFY); what changed is read from the feed above the last
number known. So a lost notification costs one poll, and an outage of any length costs nothing but
its own time.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from dispatch.core.registry import Change, Device, EditionActivated, Front, Person, Removed
from dispatch.store.build_edition import built_elsewhere
from dispatch.store.errors import StoreUnavailable, Unavailable
from dispatch.store.mark import Mark, read_mark
from dispatch.store.pool import STATEMENT_DEADLINE_S, Connection, connect, deadline
from dispatch.store.record import forget_old_false_alarms
from dispatch.store.rows import Row, device_from, front_from, person_from

POLL_S: Final = 3.0
"""Also how soon a connection that died without a word is noticed."""
BATCH: Final = 500
"""Changes read at once; the loop turns between batches (a few ms each)."""
RECONNECT_FIRST_S: Final = 0.1
RECONNECT_LAST_S: Final = 5.0
REBUILD_AFTER_S: Final = 30.0
SWEEP_S: Final = 3_600.0
CLOSE_DEADLINE_S: Final = 1.0

_CHANGES = "SELECT seq, thing, id FROM registry_changes WHERE seq > $1 ORDER BY seq LIMIT $2"
_QUADRANTS = "SELECT * FROM registry_quadrants"


@dataclass(frozen=True, slots=True)
class FeedStatus:
    """Whether the core's copy follows the registry, and why not."""

    live: bool
    reason: str = ""


async def watch(
    dsn: str,
    mark: Mark,
    apply: Callable[[Change], None],
    *,
    say: Callable[[FeedStatus], None] = lambda _: None,
    reached: Callable[[Mark], None] = lambda _: None,
    poll_s: float = POLL_S,
) -> None:
    """Call `apply` for everything that changed after `mark`, for ever.

    A thing that changed several times may come once, as it is now. A database with another history
    is not followed: what it does not have was not removed. `say` hears every change of status,
    `reached` up to where everything was applied. What these three raise ends the watch, in an
    `ExceptionGroup`.
    """
    await _Watch(dsn, mark, apply, say=say, reached=reached, poll_s=poll_s).run()


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the things of one kind are read, and what they become."""

    thing: type[Person] | type[Front] | type[Device]
    query: str
    read: Callable[[Row], Person | Front | Device]


_SOURCES: Final = {
    "person": _Source(
        Person, "SELECT * FROM registry_people WHERE person_id = ANY($1)", person_from
    ),
    "front": _Source(Front, "SELECT * FROM registry_fronts WHERE front_id = ANY($1)", front_from),
    "device": _Source(
        Device, "SELECT * FROM registry_devices WHERE device_id = ANY($1)", device_from
    ),
}


class _Watch:
    def __init__(
        self,
        dsn: str,
        mark: Mark,
        apply: Callable[[Change], None],
        *,
        say: Callable[[FeedStatus], None],
        reached: Callable[[Mark], None],
        poll_s: float,
    ) -> None:
        self._dsn = dsn
        self._mark = mark
        self._apply = apply
        self._say = say
        self._reached = reached
        self._poll_s = poll_s
        self._told: FeedStatus | None = None
        self._feed_fault = "not connected yet"
        self._edition_fault = ""
        self._quadrants: Sequence[Row] = ()
        self._is_edition_due = False
        self._edition_changed = asyncio.Event()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._build_editions())
            tasks.create_task(self._follow())

    async def _follow(self) -> None:
        wait_s = RECONNECT_FIRST_S
        while True:
            try:
                connection = await connect(self._dsn)
                try:
                    await self._follow_on(connection)
                finally:
                    connection.terminate()
            except StoreUnavailable as error:
                if not self._feed_fault:  # it was live
                    wait_s = RECONNECT_FIRST_S
                self._feed_fault = str(error)
                self._tell()
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, RECONNECT_LAST_S)

    async def _follow_on(self, connection: Connection) -> None:
        """Follow on one connection, until it breaks (`StoreUnavailable`)."""
        stirred = asyncio.Event()
        connection.add_termination_listener(lambda _: stirred.set())
        with deadline(connection, STATEMENT_DEADLINE_S):
            await self._meet(connection)
        with deadline(connection, STATEMENT_DEADLINE_S):
            await connection.add_listener("registry_changed", lambda *_: stirred.set())
        loop = asyncio.get_running_loop()
        sweep_at = loop.time()
        while True:
            if loop.time() >= sweep_at:
                with deadline(connection, STATEMENT_DEADLINE_S):
                    await forget_old_false_alarms(connection)
                sweep_at = loop.time() + SWEEP_S
            stirred.clear()
            await self._catch_up(connection)
            self._feed_fault = ""
            self._tell()
            try:
                async with asyncio.timeout(self._poll_s):
                    await stirred.wait()
            except TimeoutError:
                pass  # nothing was heard: look anyway

    async def _meet(self, connection: Connection) -> None:
        """See whether this is the registry that we know, and as far as we know it."""
        there = await read_mark(connection)
        if there.history != self._mark.history:
            why = "restart the core to take this database's registry"
            raise StoreUnavailable(Unavailable.ANOTHER_REGISTRY, why)
        if there.seq < self._mark.seq:  # restored from a backup: the numbers are given again
            self._mark = Mark(there.history, 0)

    async def _catch_up(self, connection: Connection) -> None:
        more = True
        while more:
            with deadline(connection, STATEMENT_DEADLINE_S):
                changed = await connection.fetch(_CHANGES, self._mark.seq, BATCH)
                changes = await self._read(connection, changed)
            for change in changes:
                self._apply(change)
            if changed:
                self._mark = replace(self._mark, seq=changed[-1]["seq"])
                self._tell_reached()
            more = len(changed) == BATCH
            await asyncio.sleep(0)

    async def _read(self, connection: Connection, changed: Sequence[Any]) -> list[Change]:
        """What the changed things are now, in the order in which they changed."""
        changes: list[Change] = []
        for thing, rows in groupby(changed, key=itemgetter("thing")):
            if thing == "edition":
                self._quadrants = await connection.fetch(_QUADRANTS)
                self._is_edition_due = True
                self._edition_changed.set()
                continue
            source = _SOURCES[thing]
            ids = [row["id"] for row in rows]
            found = {row[0]: row for row in await connection.fetch(source.query, ids)}
            changes += [
                source.read(found[id_]) if id_ in found else Removed(source.thing, id_)
                for id_ in ids
            ]
        return changes

    async def _build_editions(self) -> None:
        """Put each new edition in force when it is built; what changes meanwhile does not wait."""
        while True:
            await self._edition_changed.wait()
            self._edition_changed.clear()
            try:
                locator = await built_elsewhere(self._quadrants)
            except Exception as error:  # the old edition serves on, and health says so
                self._edition_fault = f"the new edition cannot be built: {type(error).__name__}"
                asyncio.get_running_loop().call_later(REBUILD_AFTER_S, self._edition_changed.set)
            else:
                self._edition_fault = ""
                if not self._edition_changed.is_set():
                    self._apply(EditionActivated(locator))
                    self._is_edition_due = False
                    self._tell_reached()
            self._tell()

    def _tell_reached(self) -> None:
        """An edition that is still being built would never be built after a restart."""
        if not self._is_edition_due:
            self._reached(self._mark)

    def _tell(self) -> None:
        fault = self._feed_fault or self._edition_fault
        status = FeedStatus(live=not fault, reason=fault)
        if status != self._told:
            self._told = status
            self._say(status)

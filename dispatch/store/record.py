"""Puts facts on the record, behind the dispatcher's back: it never waits for them.

Until PostgreSQL is there again facts wait in memory, up to a bound; what does not fit is counted.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Final

from dispatch.core.facts import Fact, FactKind
from dispatch.store.enrolment import spend_codes
from dispatch.store.errors import Refused, StoreUnavailable
from dispatch.store.pool import Connection, Pool, connected

WAITING_MAX: Final = 20_000
DENIALS_WAITING_MAX: Final = 10_000
"""Whoever provokes denials by the thousand must not crowd out the rest."""
BATCH: Final = 500
RETRY_S: Final = 1.0
FLUSH_DEADLINE_S: Final = 2.0

_DENIALS: Final = frozenset({FactKind.DENIED, FactKind.REFUSED})


async def keep_false_alarm(
    pool: Pool, *, alert_id: str, device_id: str, person_id: str | None, closed_at_ms: int
) -> None:
    """Count a false alarm against its device and person: once, however often it is told.

    One of a device that no longer exists is nobody's, and is left out.
    """
    fact = Fact(
        FactKind.FALSE_ALARM,
        closed_at_ms,
        device_id=device_id,
        alert_id=alert_id,
        person_id=person_id,
    )
    async with connected(pool) as connection:
        await _keep_false_alarms(connection, [fact])


async def keep_denial(
    pool: Pool, *, at_ms: int, device_id: str | None, reason: str, alert_id: str | None = None
) -> None:
    """Append one refusal to the record."""
    fact = Fact(FactKind.DENIED, at_ms, reason, device_id=device_id, alert_id=alert_id)
    async with connected(pool) as connection:
        await _keep_denials(connection, [fact])


async def forget_old_false_alarms(connection: Connection) -> None:
    """Delete those older than the window. Their devices and people change, and so are announced."""
    # Looked up first: even deleting nothing would wait for a turn to write.
    old = "FROM false_alarms WHERE closed_at <= false_alarms_count_since()"
    if await connection.fetchval(f"SELECT EXISTS (SELECT {old})"):
        await connection.execute(f"DELETE {old}")


class Recorder:
    """Takes facts without waiting and stores them in the background, in batches, in order.

    `dropped` counts the facts that found no room or that the database refused.
    """

    def __init__(self, pool: Pool) -> None:
        self.dropped = 0
        self._pool = pool
        self._waiting: deque[Fact] = deque()
        self._denials_waiting = 0
        self._stirred = asyncio.Event()
        self._storing = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """How many facts are not stored yet."""
        return len(self._waiting)

    def put(self, fact: Fact) -> None:
        """Take a fact. Never blocks; facts that the store does not keep are let go."""
        if not _is_kept(fact):
            return
        denial = fact.kind in _DENIALS
        full = len(self._waiting) >= WAITING_MAX
        if full or (denial and self._denials_waiting >= DENIALS_WAITING_MAX):
            self.dropped += 1
            return
        self._denials_waiting += denial
        self._waiting.append(fact)
        self._stirred.set()

    async def run(self) -> None:
        """Store what is put, for ever."""
        while True:
            await self._stirred.wait()
            self._stirred.clear()
            try:
                while self._waiting:
                    await self._store_batch()
            except StoreUnavailable:
                await asyncio.sleep(RETRY_S)
                self._stirred.set()

    async def flush(self, deadline_s: float = FLUSH_DEADLINE_S) -> None:
        """Store what still waits, as far as the deadline allows, whether or not `run` runs."""
        try:
            async with asyncio.timeout(deadline_s):
                while self._waiting:
                    await self._store_batch()
        except (StoreUnavailable, TimeoutError):
            pass  # `waiting` says what was left

    async def _store_batch(self) -> None:
        async with self._storing:
            batch = list(islice(self._waiting, BATCH))
            try:
                async with connected(self._pool) as connection, connection.transaction():
                    await _keep(connection, batch)
            except Refused:
                self.dropped += len(batch)  # it would be refused again, and block what follows
            for _ in batch:
                self._denials_waiting -= self._waiting.popleft().kind in _DENIALS


def _is_kept(fact: Fact) -> bool:
    if fact.kind is FactKind.REFUSED:
        # A connection that never said who it is can be opened by anyone, without end.
        return fact.device_id is not None
    return fact.kind in {FactKind.DENIED, FactKind.FALSE_ALARM, FactKind.CODE_SPENT}


async def _keep(connection: Connection, facts: Sequence[Fact]) -> None:
    if alarms := [fact for fact in facts if fact.kind is FactKind.FALSE_ALARM]:
        await _keep_false_alarms(connection, alarms)
    spent = [fact.device_id for fact in facts if fact.kind is FactKind.CODE_SPENT]
    if spent:
        await spend_codes(connection, [device_id for device_id in spent if device_id])
    if denials := [fact for fact in facts if fact.kind in _DENIALS]:
        await _keep_denials(connection, denials)


async def _keep_false_alarms(connection: Connection, facts: Sequence[Fact]) -> None:
    await connection.execute(
        """
        INSERT INTO false_alarms (alert_id, device_id, person_id, closed_at)
        SELECT f.alert_id, d.device_id, p.person_id, to_timestamp(f.at_ms / 1000.0)
        FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[])
             AS f (alert_id, device_id, person_id, at_ms)
        JOIN devices AS d USING (device_id)
        LEFT JOIN people AS p ON p.person_id = f.person_id
        ON CONFLICT (alert_id, device_id) DO NOTHING
        """,
        [fact.alert_id for fact in facts],
        [fact.device_id for fact in facts],
        [fact.person_id for fact in facts],
        [fact.at_ms for fact in facts],
    )


async def _keep_denials(connection: Connection, facts: Sequence[Fact]) -> None:
    await connection.execute(
        """
        INSERT INTO denials (at, device_id, alert_id, what, reason)
        SELECT to_timestamp(at_ms / 1000.0), device_id, alert_id, what, reason
        FROM unnest($1::bigint[], $2::text[], $3::uuid[], $4::text[], $5::text[])
             AS f (at_ms, device_id, alert_id, what, reason)
        """,
        [fact.at_ms for fact in facts],
        [fact.device_id for fact in facts],
        [fact.alert_id for fact in facts],
        [fact.kind.value for fact in facts],
        [str(fact.reason) for fact in facts],
    )

"""Facts that PostgreSQL keeps beside the alerts: false alarms, denials, spent codes, duty ended."""

from collections.abc import Sequence
from typing import Final

from dispatch.core.facts import OFF_DUTY, Fact, FactKind
from dispatch.store.enrolment import spend_codes
from dispatch.store.pool import Connection, Pool, connected
from dispatch.store.push_addresses import withdraw_push_addresses

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


def is_recorded(fact: Fact) -> bool:
    """Say whether a fact has a place of its own here, beside the alert that it belongs to."""
    if fact.kind is FactKind.REFUSED:
        # A connection that never said who it is can be opened by anyone, without end.
        return fact.device_id is not None
    if fact.kind is FactKind.DUTY:
        return fact.reason == OFF_DUTY
    return fact.kind in {FactKind.DENIED, FactKind.FALSE_ALARM, FactKind.CODE_SPENT}


async def record(connection: Connection, facts: Sequence[Fact]) -> None:
    """Put facts where they belong; those of the same alert and device once."""
    if alarms := [fact for fact in facts if fact.kind is FactKind.FALSE_ALARM]:
        await _keep_false_alarms(connection, alarms)
    spent = [fact.device_id for fact in facts if fact.kind is FactKind.CODE_SPENT]
    if spent:
        await spend_codes(connection, [device_id for device_id in spent if device_id])
    if left := [fact for fact in facts if fact.kind is FactKind.DUTY]:
        await withdraw_push_addresses(connection, left)
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

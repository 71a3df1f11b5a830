"""Deletes the record of old alerts, troubles and messages: personal data is kept no longer than it
serves (Ley 1581 de 2012), and years of data stay quick to query."""

from collections.abc import Collection
from datetime import timedelta
from typing import Final

from dispatch.store.errors import Refused
from dispatch.store.pool import Pool, connected

BATCH: Final = 500
"""Alerts deleted at once, with some ten events each: short locks, and a drain is not held up."""
KEPT_AT_LEAST: Final = timedelta(days=1)
"""A slip of the hand must not delete what the control room is looking at."""

# Skips what the drain is writing at this moment, so that neither ever waits for the other.
_ALERTS = """
    DELETE FROM alerts WHERE alert_id IN (
        SELECT alert_id FROM alerts
        WHERE state = 'closed' AND closed_at < now() - $1::interval
        ORDER BY closed_at LIMIT $2 FOR UPDATE SKIP LOCKED
    )
"""
# Their alert was never taken in, because what it shows was refused.
_ORPHANS = """
    DELETE FROM alert_events WHERE (journal_id, seq) IN (
        SELECT journal_id, seq FROM alert_events AS e
        WHERE at < now() - $1::interval
          AND NOT EXISTS (SELECT FROM alerts AS a WHERE a.alert_id = e.alert_id)
        LIMIT $2
    )
"""
_TROUBLES = """
    DELETE FROM troubles WHERE trouble_id IN (
        SELECT trouble_id FROM troubles
        WHERE closed_at < now() - $1::interval
        ORDER BY closed_at LIMIT $2 FOR UPDATE SKIP LOCKED
    )
"""
_MESSAGES = """
    DELETE FROM messages WHERE message_id IN (
        SELECT message_id FROM messages
        WHERE sent_at < now() - $1::interval
        ORDER BY sent_at LIMIT $2 FOR UPDATE SKIP LOCKED
    )
"""
_REFUSED = """
    DELETE FROM journal_refused WHERE (journal_id, seq) IN (
        SELECT journal_id, seq FROM journal_refused
        WHERE refused_at < now() - $1::interval ORDER BY refused_at LIMIT $2
    )
"""
# The record of calls is kept for a year, whatever else is forgotten sooner.
_CALLS = """
    DELETE FROM audit WHERE audit_id IN (
        SELECT audit_id FROM audit
        WHERE at < now() - greatest($1::interval, interval '1 year') ORDER BY audit_id LIMIT $2
    )
"""


async def forget_alerts(pool: Pool, older_than: timedelta) -> int:
    """Delete alerts that were closed longer ago, with their events and deliveries; how many.

    An open alert is kept, however old. Troubles that closed as long ago go as well, messages to
    fronts and entries that were put aside: they hold the same personal data. Calls of accounts go
    after a year at the soonest. Raises `Refused`, `StoreUnavailable` (what is deleted by then stays
    deleted).
    """
    if older_than < KEPT_AT_LEAST:
        raise Refused(f"alerts are kept for at least {KEPT_AT_LEAST.days} day after they closed")
    forgotten = await _in_batches(pool, _ALERTS, older_than)
    await _in_batches(pool, _ORPHANS, older_than)
    await _in_batches(pool, _TROUBLES, older_than)
    await _in_batches(pool, _MESSAGES, older_than)
    await _in_batches(pool, _REFUSED, older_than)
    await _in_batches(pool, _CALLS, older_than)
    return forgotten


async def known_alerts(pool: Pool, alert_ids: Collection[str]) -> set[str]:
    """Return those of the alerts that are here. Raises `StoreUnavailable`."""
    async with connected(pool) as connection:
        rows = await connection.fetch(
            "SELECT alert_id::text FROM alerts WHERE alert_id = ANY($1::uuid[])", list(alert_ids)
        )
    return {row["alert_id"] for row in rows}


async def _in_batches(pool: Pool, sql: str, older_than: timedelta) -> int:
    total = 0
    while True:
        async with connected(pool) as connection:
            done = await connection.execute(sql, older_than, BATCH)
        deleted = int(done.rpartition(" ")[2])
        total += deleted
        if not deleted:
            return total

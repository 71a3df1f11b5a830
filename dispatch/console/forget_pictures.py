"""Pictures go when their alert does: personal data is kept no longer than it serves (Ley 1581)."""

import asyncio
from datetime import timedelta
from pathlib import Path

from dispatch.console.bounds import EXISTENCE_BATCH
from dispatch.console.shelf import Shelf
from dispatch.store.forget import known_alerts
from dispatch.store.pool import Pool


async def forget_pictures(pool: Pool, shelf: Shelf, older_than: timedelta) -> int:
    """Delete pictures kept longer ago whose alert PostgreSQL does not have (any more); how many.

    Whatever was cut short before is found again: what is left follows from what is there alone.
    Raises `StoreUnavailable`.
    """
    old = await asyncio.to_thread(lambda: list(shelf.older_than(older_than.total_seconds())))
    forgotten = 0
    for at in range(0, len(old), EXISTENCE_BATCH):
        forgotten += await _forget(pool, shelf, old[at : at + EXISTENCE_BATCH])
    return forgotten


async def _forget(pool: Pool, shelf: Shelf, old: list[tuple[str, Path]]) -> int:
    alive = await known_alerts(pool, {alert_id for alert_id, _ in old if alert_id})
    gone = [path for alert_id, path in old if alert_id not in alive]
    return await asyncio.to_thread(shelf.forget, gone)

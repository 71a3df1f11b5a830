"""The record of the alerts, as people look through it: newest first, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from dispatch.store.pool import Pool, connected

EVENTS_MAX: Final = 2_000
"""Of a timeline: an alert that is insisted upon for half a day has as many."""


class Place(NamedTuple):
    """Where a page begins: after this alert."""

    received_at: datetime
    alert_id: str


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. None: whatever it is."""

    since: datetime | None = None
    until: datetime | None = None
    quadrant: str | None = None
    front_id: str | None = None
    state: str | None = None
    outcome: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One alert: where it stands in the order, and what people were shown of it."""

    place: Place
    view: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to an alert. The words are those of the journal."""

    at: datetime
    kind: str
    reason: str
    device_id: str | None
    took_ms: int | None
    version: int | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one handheld did first."""

    device_id: str
    delivered_at: datetime | None
    accepted_at: datetime | None
    arrived_at: datetime | None


# PostgreSQL compares rows from the left, so that the index of the same order is followed.
_SEARCH: Final = """
    SELECT alert_id::text, received_at, view::text FROM alerts
    WHERE ($1::timestamptz IS NULL OR received_at >= $1)
      AND ($2::timestamptz IS NULL OR received_at < $2)
      AND ($3::text IS NULL OR quadrant = $3)
      AND ($4::text IS NULL OR front_id = $4)
      AND ($5::text IS NULL OR state = $5)
      AND ($6::text IS NULL OR outcome = $6)
      AND ($7::text IS NULL OR kind = $7)
      AND ($8::timestamptz IS NULL OR (received_at, alert_id) < ($8, $9::uuid))
    ORDER BY alerts.received_at DESC, alerts.alert_id DESC LIMIT $10
"""


async def search(pool: Pool, wanted: Search, after: Place | None, limit: int) -> list[Found]:
    """Return alerts, the newest first; those that come after a place."""
    async with connected(pool) as connection:
        rows = await connection.fetch(
            _SEARCH,
            wanted.since,
            wanted.until,
            wanted.quadrant,
            wanted.front_id,
            wanted.state,
            wanted.outcome,
            wanted.kind,
            after and after.received_at,
            after and after.alert_id,
            limit,
        )
    return [
        Found(Place(row["received_at"], row["alert_id"]), orjson.loads(row["view"])) for row in rows
    ]


async def view_of(pool: Pool, alert_id: str) -> dict[str, Any] | None:
    """Return what people were last shown of an alert. None: there is no such alert."""
    async with connected(pool) as connection:
        view = await connection.fetchval(
            "SELECT view::text FROM alerts WHERE alert_id = $1::uuid", alert_id
        )
    return None if view is None else dict(orjson.loads(view))


async def timeline(pool: Pool, alert_id: str) -> tuple[Sequence[Event], Sequence[Delivery]] | None:
    """Return what happened to an alert, in order, and who showed it. None: no such alert."""
    async with connected(pool) as connection:
        if not await connection.fetchval(
            "SELECT EXISTS (SELECT FROM alerts WHERE alert_id = $1::uuid)", alert_id
        ):
            return None
        events = await connection.fetch(
            """
            SELECT at, kind, reason, device_id, took_ms, version FROM alert_events
            WHERE alert_id = $1::uuid ORDER BY at, seq LIMIT $2
            """,
            alert_id,
            EVENTS_MAX,
        )
        deliveries = await connection.fetch(
            """
            SELECT device_id, delivered_at, accepted_at, arrived_at FROM deliveries
            WHERE alert_id = $1::uuid
            ORDER BY coalesce(delivered_at, accepted_at, arrived_at), device_id
            """,
            alert_id,
        )
    return [Event(**row) for row in events], [Delivery(**row) for row in deliveries]

"""The maintenance list: what is known of each device of the kit, and what is wrong with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dispatch.core.supervision import WATCHED_ROLES
from dispatch.store.pool import BULK_DEADLINE_S, Pool, connected
from protocol.vocabulary import Role, TroubleKind

_KIT: Final = """
    SELECT d.device_id, d.role, d.name, d.front_id, f.name AS front, d.gateway_id,
           d.wiring IS NOT NULL AS wired, k.last_seen_at, k.battery_percent,
           coalesce(t.kinds, '{}') AS troubles, k.tested_at, k.test_due_at
    FROM devices AS d
    LEFT JOIN fronts AS f USING (front_id)
    LEFT JOIN kit AS k USING (device_id)
    LEFT JOIN (
        SELECT device_id, array_agg(kind ORDER BY opened_at) AS kinds
        FROM troubles WHERE closed_at IS NULL GROUP BY device_id
    ) AS t USING (device_id)
    WHERE d.revoked_at IS NULL AND d.role = ANY($1::text[])
      AND ($2::text IS NULL OR d.front_id = $2)
      AND (NOT $3 OR t.kinds IS NOT NULL)
    ORDER BY d.front_id NULLS LAST, d.role, d.device_id
"""
_TROUBLES: Final = """
    SELECT trouble_id, kind, device_id, view ->> 'device' AS device, role, front_id,
           view ->> 'front' AS front, opened_at, closed_at, last_seen_at, battery_percent
    FROM troubles
    WHERE closed_at IS NULL OR NOT $1
    ORDER BY opened_at DESC, trouble_id
    LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class KitRow:
    """One device as whoever maintains it sees it in a list. No `last_seen_at`: it never came."""

    device_id: str
    role: Role
    name: str
    front_id: str | None
    front: str | None
    gateway_id: str | None
    wired: bool
    last_seen_at: datetime | None
    battery_percent: int | None
    troubles: tuple[TroubleKind, ...]
    """Oldest first."""
    tested_at: datetime | None
    test_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class TroubleRow:
    """Something that is, or was, wrong."""

    trouble_id: str
    kind: TroubleKind
    device_id: str
    device: str
    role: Role
    front_id: str | None
    front: str
    opened_at: datetime
    closed_at: datetime | None
    last_seen_at: datetime | None
    battery_percent: int | None


async def maintenance_list(
    pool: Pool, *, front: str | None = None, only_troubled: bool = False
) -> list[KitRow]:
    """List the devices that are watched, by front: all, one front's, or those with a trouble."""
    roles = [role.value for role in WATCHED_ROLES]
    async with connected(pool, BULK_DEADLINE_S) as connection:
        rows = await connection.fetch(_KIT, roles, front, only_troubled)
    return [
        KitRow(
            **dict(row)
            | {
                "role": Role(row["role"]),
                "troubles": tuple(TroubleKind(kind) for kind in row["troubles"]),
            }
        )
        for row in rows
    ]


async def troubles(pool: Pool, *, limit: int, only_open: bool = False) -> list[TroubleRow]:
    """List troubles, newest first: at most `limit` of all, or of the open ones."""
    async with connected(pool, BULK_DEADLINE_S) as connection:
        rows = await connection.fetch(_TROUBLES, only_open, limit)
    return [
        TroubleRow(**dict(row) | {"kind": TroubleKind(row["kind"]), "role": Role(row["role"])})
        for row in rows
    ]

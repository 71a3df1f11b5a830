"""What accounts did over HTTP: appended to, and read back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from dispatch.store.pool import Pool, connected

ABOUT_CHARS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One call."""

    account_id: str
    method: str
    route: str
    about: str
    status: int


@dataclass(frozen=True, slots=True)
class Audited(Entry):
    """One call, as it stands on the record."""

    audit_id: int
    at: datetime


async def keep(pool: Pool, entry: Entry) -> None:
    """Append one call to the record. Raises `StoreUnavailable`."""
    async with connected(pool) as connection:
        await connection.execute(
            """
            INSERT INTO audit (account_id, method, route, about, status)
            VALUES ($1, $2, $3, $4, $5)
            """,
            entry.account_id,
            entry.method,
            entry.route,
            entry.about[:ABOUT_CHARS_MAX],
            entry.status,
        )


async def entries(
    pool: Pool, *, account_id: str | None, before: int | None, limit: int
) -> list[Audited]:
    """Return the newest calls first: all, or of one account; those before an entry."""
    async with connected(pool) as connection:
        rows = await connection.fetch(
            """
            SELECT account_id, method, route, about, status, audit_id, at FROM audit
            WHERE ($1::text IS NULL OR account_id = $1) AND ($2::bigint IS NULL OR audit_id < $2)
            ORDER BY audit_id DESC LIMIT $3
            """,
            account_id,
            before,
            limit,
        )
    return [Audited(**dict(row)) for row in rows]

"""Where in a registry's history a copy of it stands."""

from dataclasses import dataclass
from typing import Final

from dispatch.store.pool import Connection, Pool, connected

_MARK: Final = """
    SELECT (SELECT (extract(epoch FROM min(applied_at)) * 1000000)::bigint FROM schema_migrations),
           (SELECT coalesce(max(seq), 0) FROM registry_changes)
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """Everything up to the change `seq` of one registry.

    `history` tells registries apart: the microsecond in which the database got its schema. A
    database that was moved or restored keeps it; one made anew has another.
    """

    history: int
    seq: int


async def newest_change(pool: Pool) -> int:
    """Return the number of the registry's newest change. Raises `StoreUnavailable`."""
    async with connected(pool) as connection:
        return (await read_mark(connection)).seq


async def read_mark(connection: Connection) -> Mark:
    """Read where the registry stands now. Raises like any statement: within `deadline`."""
    row = await connection.fetchrow(_MARK)
    if row is None:
        raise AssertionError("a SELECT without FROM gives one row")
    return Mark(*row)

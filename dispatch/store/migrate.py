"""Brings the schema up to this version of the software: forward only, step by step.

A step is applied whole or not at all. Once applied anywhere it is never edited: the next change
is the next file.
"""

import hashlib
from importlib import resources

from dispatch.store.errors import Refused
from dispatch.store.pool import BULK_DEADLINE_S, Connection, Pool, connected

# Two servers that start at once take turns.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('cuadrante.migrations', 0))"
_RECORD = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        name text PRIMARY KEY,
        checksum bytea NOT NULL,
        applied_at timestamptz NOT NULL DEFAULT now()
    )
"""


def migrations() -> dict[str, str]:
    """The steps by name, in order."""
    files = resources.files("dispatch.store.migrations").iterdir()
    steps = {file.name: file.read_text("utf-8") for file in files if file.name.endswith(".sql")}
    return dict(sorted(steps.items()))


async def migrate(pool: Pool, steps: dict[str, str] | None = None) -> list[str]:
    """Apply what is missing and return its names.

    Raises `Refused` when the database was made by other files than these, `StoreUnavailable`.
    """
    steps = migrations() if steps is None else steps
    applied: list[str] = []
    async with connected(pool, BULK_DEADLINE_S) as connection:
        if await _is_complete(connection, steps):  # as at nearly every start
            return applied
        for name, sql in steps.items():
            async with connection.transaction():
                await connection.execute(_LOCK)
                await connection.execute(_RECORD)
                if name in await _missing(connection, steps):
                    await _apply(connection, name, sql)
                    applied.append(name)
    return applied


async def _is_complete(connection: Connection, steps: dict[str, str]) -> bool:
    if await connection.fetchval("SELECT to_regclass('schema_migrations')") is None:
        return False
    return not await _missing(connection, steps)


async def _missing(connection: Connection, steps: dict[str, str]) -> set[str]:
    rows = await connection.fetch("SELECT name, checksum FROM schema_migrations ORDER BY name")
    done = {row["name"]: row["checksum"] for row in rows}
    if unknown := sorted(done.keys() - steps.keys()):
        raise Refused(
            f"the database already has {unknown[-1]}, which this version does not know: "
            "run the version that made it, or a newer one"
        )
    for known, checksum in done.items():
        if checksum != _checksum(steps[known]):
            raise Refused(
                f"{known} was changed after this database applied it: put the file back as it "
                "was and make the change in a new one"
            )
    return steps.keys() - done.keys()


async def _apply(connection: Connection, name: str, sql: str) -> None:
    await connection.execute(sql)
    await connection.execute(
        "INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)", name, _checksum(sql)
    )


def _checksum(sql: str) -> bytes:
    return hashlib.sha256(sql.encode()).digest()

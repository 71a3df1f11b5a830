"""Makes a process of this installation known to the registry: a device that enrols itself."""

from dispatch.core.credentials import digest
from dispatch.store.pool import Pool, connected
from protocol.vocabulary import Role


async def introduce(pool: Pool, device_id: str, role: Role, token: str) -> None:
    """Register a process with its token. What is there already changes nothing.

    Raises `StoreUnavailable`.
    """
    async with connected(pool) as connection:
        # Looked up first: even writing nothing would wait for a turn to write.
        known = await connection.fetchrow(
            "SELECT role, token_hash, revoked_at FROM devices WHERE device_id = $1", device_id
        )
        token_hash = digest(token)
        if known is not None and tuple(known) == (role.value, token_hash, None):
            return
        await connection.execute(
            """
            INSERT INTO devices AS d (device_id, role, name, token_hash)
            VALUES ($1::text, $2, $1::text, $3)
            ON CONFLICT (device_id) DO UPDATE
            SET token_hash = excluded.token_hash, revoked_at = NULL, revoked_reason = NULL
            WHERE d.role = excluded.role
            """,
            device_id,
            role.value,
            token_hash,
        )

"""Addresses by which things that speak only HTTP press: one a device, known by its secret."""

from typing import NamedTuple

from dispatch.store.pool import Pool, connected
from protocol.vocabulary import Role


class Hooked(NamedTuple):
    """Who presses when an address is called."""

    device_id: str
    role: Role


async def put_hook(pool: Pool, device_id: str, secret_hash: bytes) -> bool:
    """Give a device an address, in place of the one it had.

    False: there is no such device that presses, or speaks for others that do.
    """
    async with connected(pool) as connection:
        put = await connection.fetchval(
            """
            INSERT INTO hooks (device_id, secret_hash)
            SELECT device_id, $2 FROM devices
            WHERE device_id = $1 AND role IN ('app', 'button', 'gateway') AND revoked_at IS NULL
            ON CONFLICT (device_id) DO UPDATE
            SET secret_hash = excluded.secret_hash, created_at = now()
            RETURNING true
            """,
            device_id,
            secret_hash,
        )
    return bool(put)


async def remove_hook(pool: Pool, device_id: str) -> bool:
    """Take a device's address away. False: it has none."""
    async with connected(pool) as connection:
        done = await connection.execute("DELETE FROM hooks WHERE device_id = $1", device_id)
    return done == "DELETE 1"


async def hooked(pool: Pool, secret_hash: bytes) -> Hooked | None:
    """Return whose address this is. None: nobody's, or its device is revoked."""
    async with connected(pool) as connection:
        row = await connection.fetchrow(
            """
            SELECT device_id, role FROM hooks JOIN devices USING (device_id)
            WHERE secret_hash = $1 AND revoked_at IS NULL
            """,
            secret_hash,
        )
    return None if row is None else Hooked(row["device_id"], Role(row["role"]))


async def is_behind(pool: Pool, device_id: str, gateway_id: str) -> bool:
    """Say whether a gateway speaks for a device."""
    async with connected(pool) as connection:
        return bool(
            await connection.fetchval(
                """
                SELECT EXISTS (SELECT FROM devices WHERE device_id = $1 AND gateway_id = $2
                               AND revoked_at IS NULL)
                """,
                device_id,
                gateway_id,
            )
        )

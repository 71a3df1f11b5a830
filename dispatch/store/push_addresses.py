"""How the devices of those on duty are woken, in PostgreSQL. Every change is announced."""

from collections.abc import Sequence

from dispatch.core.facts import Fact
from dispatch.store.pool import Connection, Pool, connected
from protocol.limits import PUSH_ADDRESSES_MAX
from protocol.messages import PushTarget


async def keep_push_address(pool: Pool, device_id: str, target: PushTarget, at_ms: int) -> None:
    """Keep an address of a device: of that one alone, and its newest few.

    Raises `Refused` where there is no such device, `StoreUnavailable`.
    """
    async with connected(pool) as connection, connection.transaction():
        await connection.execute(
            "DELETE FROM push_addresses WHERE endpoint = $1 AND device_id <> $2",
            target.endpoint,
            device_id,
        )
        await connection.execute(
            """
            INSERT INTO push_addresses (endpoint, device_id, kind, p256dh, auth, topic, kept_at)
            VALUES ($1, $2, $3, $4, $5, $6, to_timestamp($7 / 1000.0))
            ON CONFLICT (endpoint) DO UPDATE
            SET kind = excluded.kind, p256dh = excluded.p256dh, auth = excluded.auth,
                topic = excluded.topic, kept_at = excluded.kept_at
            """,
            target.endpoint,
            device_id,
            target.kind.value,
            target.p256dh,
            target.auth,
            target.topic,
            at_ms,
        )
        await connection.execute(
            """
            DELETE FROM push_addresses WHERE endpoint IN (
                SELECT endpoint FROM push_addresses WHERE device_id = $1
                ORDER BY kept_at DESC, endpoint OFFSET $2)
            """,
            device_id,
            PUSH_ADDRESSES_MAX,
        )


async def drop_push_address(pool: Pool, device_id: str, endpoint: str) -> None:
    """Forget an address of a device, if it is still that one's. Raises `StoreUnavailable`."""
    async with connected(pool) as connection:
        await connection.execute(
            "DELETE FROM push_addresses WHERE device_id = $1 AND endpoint = $2", device_id, endpoint
        )


async def withdraw_push_addresses(connection: Connection, facts: Sequence[Fact]) -> None:
    """Forget the addresses of devices that went off duty, but not what they named since.

    One that was named in the future was named before the clock was set back.
    """
    await connection.execute(
        """
        DELETE FROM push_addresses AS p
        USING unnest($1::text[], $2::bigint[]) AS f (device_id, at_ms)
        WHERE p.device_id = f.device_id
          AND (p.kept_at <= to_timestamp(f.at_ms / 1000.0) OR p.kept_at > clock_timestamp())
        """,
        [fact.device_id for fact in facts],
        [fact.at_ms for fact in facts],
    )

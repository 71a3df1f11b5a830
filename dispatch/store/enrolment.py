"""How a device gets its token: a one-time code, read out or scanned, traded for it once.

    issue_code ──▶ code issued ──keep_token──▶ code traded ──spend_code──▶ enrolled
                        ▲                          │  ▲
                        └────────issue_code────────┘  └─keep_token: the answer was lost, again

A code stays good until the first `hello` with its token, because the frame that brings the token
may be lost. Only digests are stored.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from dispatch.core.credentials import CODE_ALPHABET, code_digest
from dispatch.core.registry import Device
from dispatch.store.errors import Refused
from dispatch.store.pool import BULK_DEADLINE_S, Connection, Pool, connected
from protocol.vocabulary import Role

CODE_LENGTH: Final = 12
CODE_GROUP: Final = 4
CODE_VALID_S: Final = 24 * 3_600.0
REASON_MAX_CHARS: Final = 200
_NAMED_IN_ERRORS: Final = 5


class Enrolment(StrEnum):
    """How far a device has got."""

    NO_CODE = "no_code"
    CODE_ISSUED = "code_issued"
    CODE_EXPIRED = "code_expired"
    ENROLLED = "enrolled"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class DeviceRow:
    """One device as an operator sees it in a list."""

    device_id: str
    role: Role
    name: str
    person_id: str | None
    front_id: str | None
    quadrant: str | None
    gateway_id: str | None
    heartbeat_s: int | None
    is_wired: bool
    """Whether its gateway is told how to speak with it. How, nobody is shown."""
    enrolment: Enrolment
    created_at: datetime
    revoked_at: datetime | None
    revoked_reason: str | None
    lat: float | None = None
    lon: float | None = None
    address: str = ""
    """Its registered place."""


def new_code() -> str:
    """A fresh code of 60 random bits, in groups that can be read aloud."""
    bits = secrets.randbits(CODE_LENGTH * 5)
    signs = "".join(CODE_ALPHABET[bits >> 5 * at & 31] for at in range(CODE_LENGTH))
    groups = range(0, CODE_LENGTH, CODE_GROUP)
    return "-".join(signs[at : at + CODE_GROUP] for at in groups)


async def issue_code(
    pool: Pool, device: Device, *, valid_s: float = CODE_VALID_S, reinstate: bool = False
) -> str:
    """Register `device`, or bring it up to date, and return a fresh code for it.

    Of `device` only what an operator decides counts: its credentials, false alarms and revocation
    are the store's. An enrolled device keeps its token until the new code is traded. A revoked one
    is refused unless `reinstate` says that this is meant.

    Raises `Refused`, `StoreUnavailable`.
    """
    code = new_code()
    spot = device.spot
    async with connected(pool) as connection:
        done = await connection.fetchval(
            """
            INSERT INTO devices AS d (device_id, role, name, person_id, front_id, quadrant,
                                      lat, lon, address, gateway_id, heartbeat_s, wiring,
                                      code_hash, code_expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
                    now() + make_interval(secs => $14))
            ON CONFLICT (device_id) DO UPDATE SET
                role = excluded.role, name = excluded.name, person_id = excluded.person_id,
                front_id = excluded.front_id, quadrant = excluded.quadrant, lat = excluded.lat,
                lon = excluded.lon, address = excluded.address, gateway_id = excluded.gateway_id,
                heartbeat_s = excluded.heartbeat_s, wiring = excluded.wiring,
                code_hash = excluded.code_hash, code_expires_at = excluded.code_expires_at,
                code_traded_at = NULL, revoked_at = NULL, revoked_reason = NULL
            WHERE d.revoked_at IS NULL OR $15
            RETURNING true
            """,
            device.device_id,
            device.role.value,
            device.name,
            device.person_id,
            device.front_id,
            device.quadrant,
            spot and spot.lat,
            spot and spot.lon,
            spot.address if spot else "",
            device.gateway_id,
            device.heartbeat_s,
            device.wiring,
            code_digest(code),
            valid_s,
            reinstate,
        )
    if not done:
        raise Refused(f"{device.device_id} is revoked: enrol another id, or reinstate it")
    return code


async def issue_codes(
    pool: Pool, device_ids: Collection[str] | None = None, *, valid_s: float = CODE_VALID_S
) -> dict[str, str]:
    """Return a fresh code for each of these devices, thousands in one go.

    None: for every device that has no token yet and is not revoked.

    Raises `Refused`, naming some of those that are unknown or revoked, and issues none then.
    """
    async with connected(pool, BULK_DEADLINE_S) as connection, connection.transaction():
        if device_ids is None:
            rows = await connection.fetch(
                "SELECT device_id FROM devices WHERE token_hash IS NULL AND revoked_at IS NULL"
            )
            device_ids = [row["device_id"] for row in rows]
        codes = {device_id: new_code() for device_id in device_ids}
        rows = await connection.fetch(
            """
            UPDATE devices AS d
            SET code_hash = n.code_hash, code_traded_at = NULL,
                code_expires_at = now() + make_interval(secs => $3)
            FROM unnest($1::text[], $2::bytea[]) AS n (device_id, code_hash)
            WHERE d.device_id = n.device_id AND d.revoked_at IS NULL
            RETURNING d.device_id
            """,
            list(codes),
            [code_digest(code) for code in codes.values()],
            valid_s,
        )
        if left := sorted(codes.keys() - {row["device_id"] for row in rows}):
            named = ", ".join(left[:_NAMED_IN_ERRORS])
            raise Refused(f"{len(left)} devices are unknown or revoked, such as {named}")
    return codes


async def keep_token(pool: Pool, device_id: str, token_hash: bytes) -> bool:
    """Keep the digest of a token that the device's code is being traded for.

    False when the code was spent, replaced by none or has expired, or the device is revoked. Traded
    twice, the later token counts. Raises `StoreUnavailable`.
    """
    async with connected(pool) as connection:
        kept = await connection.fetchval(
            """
            UPDATE devices SET token_hash = $2, code_traded_at = now()
            WHERE device_id = $1 AND revoked_at IS NULL AND code_expires_at > now()
            RETURNING true
            """,
            device_id,
            token_hash,
        )
    return bool(kept)


async def spend_code(pool: Pool, device_id: str) -> bool:
    """End the code that was traded, at the first `hello` with its token.

    A code that was issued since and not traded yet stays good. Says whether a code was ended.
    """
    async with connected(pool) as connection:
        return bool(await spend_codes(connection, [device_id]))


async def spend_codes(connection: Connection, device_ids: Collection[str]) -> int:
    """The same for many devices; returns how many codes were ended."""
    spent = await connection.fetch(
        """
        UPDATE devices SET code_hash = NULL, code_expires_at = NULL, code_traded_at = NULL
        WHERE device_id = ANY($1) AND code_traded_at IS NOT NULL
        RETURNING device_id
        """,
        list(device_ids),
    )
    return len(spent)


async def revoke(pool: Pool, device_id: str, reason: str) -> bool:
    """Withdraw a device's enrolment for good. False when there is no such device.

    Revoked again, it keeps its first time and reason.
    """
    async with connected(pool) as connection:
        revoked = await connection.fetchval(
            """
            UPDATE devices
            SET token_hash = NULL, code_hash = NULL, code_expires_at = NULL, code_traded_at = NULL,
                revoked_at = coalesce(revoked_at, now()),
                revoked_reason = coalesce(revoked_reason, $2)
            WHERE device_id = $1
            RETURNING true
            """,
            device_id,
            reason[:REASON_MAX_CHARS],
        )
    return bool(revoked)


async def reinstate(pool: Pool, device_id: str, *, valid_s: float = CODE_VALID_S) -> str | None:
    """Take a revoked device back, as it was, and return a fresh code for it: its token is gone.

    None: there is no such device. Raises `Refused` where it is not revoked, or its front has by now
    as many of its kind as it may; `StoreUnavailable`.
    """
    code = new_code()
    async with connected(pool) as connection:
        done = await connection.fetchval(
            """
            UPDATE devices
            SET revoked_at = NULL, revoked_reason = NULL, code_hash = $2, code_traded_at = NULL,
                code_expires_at = now() + make_interval(secs => $3)
            WHERE device_id = $1 AND revoked_at IS NOT NULL RETURNING true
            """,
            device_id,
            code_digest(code),
            valid_s,
        )
        if done:
            return code
        if await connection.fetchval("SELECT true FROM devices WHERE device_id = $1", device_id):
            raise Refused(f"{device_id} is not revoked")
    return None


async def devices(
    pool: Pool, *, role: Role | None = None, front: str | None = None
) -> list[DeviceRow]:
    """List devices by id: all, or those of a role, of a front."""
    async with connected(pool) as connection:
        return await device_rows(
            connection,
            """
            WHERE ($1::text IS NULL OR role = $1) AND ($2::text IS NULL OR front_id = $2)
            ORDER BY device_id
            """,
            role and role.value,
            front,
        )


async def device_rows(connection: Connection, where: str, *values: object) -> list[DeviceRow]:
    """Return the devices that a clause finds, as operators see them."""
    rows = await connection.fetch(
        f"""
        SELECT device_id, role, name, person_id, front_id, quadrant,
               gateway_id, heartbeat_s, wiring IS NOT NULL AS is_wired,
               CASE WHEN revoked_at IS NOT NULL THEN 'revoked'
                    WHEN token_hash IS NOT NULL THEN 'enrolled'
                    WHEN code_hash IS NULL THEN 'no_code'
                    WHEN code_expires_at > now() THEN 'code_issued'
                    ELSE 'code_expired' END AS enrolment,
               created_at, revoked_at, revoked_reason, lat, lon, address
        FROM devices {where}
        """,  # noqa: S608 - the clause is this program's own
        *values,
    )
    return [
        DeviceRow(
            **dict(row) | {"role": Role(row["role"]), "enrolment": Enrolment(row["enrolment"])}
        )
        for row in rows
    ]

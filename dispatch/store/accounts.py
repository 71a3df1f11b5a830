"""People who log in to the control room, and their sessions.

A session is a device of its own to the core, with the role of its account: ending the session
removes the device, which closes its live connection within a second.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from dispatch.store.account_role import AccountRole
from dispatch.store.enrolment import REASON_MAX_CHARS
from dispatch.store.errors import Refused
from dispatch.store.pool import Connection, Pool, connected
from protocol.vocabulary import Role


@dataclass(frozen=True, slots=True)
class Account:
    """One account, as others may see it."""

    account_id: str
    name: str
    role: AccountRole
    quadrant: str | None
    """Whose fronts a supervisor speaks to; None: all."""
    has_totp: bool
    created_at: datetime
    locked_until: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a login is compared with."""

    account_id: str
    name: str
    role: AccountRole
    quadrant: str | None
    password_hash: str = field(repr=False)
    totp_box: bytes | None = field(repr=False)
    locked_for_s: float
    """How long logins are refused unseen; 0: not at all."""


class Backoff(NamedTuple):
    """How failed logins lock an account."""

    free: int
    first_s: float
    max_s: float


@dataclass(frozen=True, slots=True)
class Session:
    """A login that still holds."""

    account_id: str
    name: str
    role: AccountRole
    device_id: str
    expires_at: datetime


async def add_account(
    pool: Pool,
    account_id: str,
    name: str,
    role: AccountRole,
    password_hash: str,
    totp_box: bytes | None = None,
    *,
    quadrant: str | None = None,
) -> None:
    """Make an account; a supervisor's may be of one `quadrant`.

    Raises `Refused` when there is one of this id, `StoreUnavailable`.
    """
    async with connected(pool) as connection:
        made = await connection.fetchval(
            """
            INSERT INTO accounts (account_id, name, role, password_hash, totp_secret, quadrant)
            VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (account_id) DO NOTHING RETURNING true
            """,
            account_id,
            name,
            role.value,
            password_hash,
            totp_box,
            quadrant,
        )
    if not made:
        raise Refused(f"there is an account {account_id} already: `account passwd` changes it")


async def change_password(
    pool: Pool, account_id: str, password_hash: str, totp_box: bytes | None = None
) -> bool:
    """Give an account another password, and another second factor if one is given.

    Its sessions end. False: there is no such account, or it is revoked.
    """
    async with connected(pool) as connection, connection.transaction():
        changed = await connection.fetchval(
            """
            UPDATE accounts
            SET password_hash = $2, failures = 0, locked_until = NULL,
                totp_secret = coalesce($3::bytea, totp_secret),
                totp_last_step = CASE WHEN $3 IS NULL THEN totp_last_step ELSE 0 END
            WHERE account_id = $1 AND revoked_at IS NULL RETURNING true
            """,
            account_id,
            password_hash,
            totp_box,
        )
        await _end_all(connection, account_id)
    return bool(changed)


async def revoke_account(pool: Pool, account_id: str, reason: str) -> bool:
    """Withdraw an account for good; its sessions end. False: there is no such account."""
    async with connected(pool) as connection, connection.transaction():
        revoked = await connection.fetchval(
            """
            UPDATE accounts
            SET revoked_at = coalesce(revoked_at, now()),
                revoked_reason = coalesce(revoked_reason, $2)
            WHERE account_id = $1 RETURNING true
            """,
            account_id,
            reason[:REASON_MAX_CHARS],
        )
        await _end_all(connection, account_id)
    return bool(revoked)


async def accounts(pool: Pool) -> list[Account]:
    """List all accounts by id."""
    async with connected(pool) as connection:
        rows = await connection.fetch(
            """
            SELECT account_id, name, role, quadrant, totp_secret IS NOT NULL AS has_totp,
                   created_at,
                   CASE WHEN locked_until > now() THEN locked_until END AS locked_until, revoked_at
            FROM accounts ORDER BY account_id
            """
        )
    return [Account(**dict(row) | {"role": AccountRole(row["role"])}) for row in rows]


# --- logging in -----------------------------------------------------------------------------------


async def credentials_of(pool: Pool, account_id: str) -> Credentials | None:
    """Return what a login of this account is compared with. None: nobody logs in as this."""
    async with connected(pool) as connection:
        row = await connection.fetchrow(
            """
            SELECT account_id, name, role, quadrant, password_hash, totp_secret AS totp_box,
                   greatest(extract(epoch FROM locked_until - now()), 0)::float8 AS locked_for_s
            FROM accounts WHERE account_id = $1 AND revoked_at IS NULL
            """,
            account_id,
        )
    if row is None:
        return None
    known = {"role": AccountRole(row["role"]), "locked_for_s": row["locked_for_s"] or 0.0}
    return Credentials(**dict(row) | known)


async def note_failure(pool: Pool, account_id: str, backoff: Backoff) -> None:
    """Count a failed login; after the free ones, each locks the account for twice as long."""
    async with connected(pool) as connection:
        await connection.execute(
            """
            UPDATE accounts
            SET failures = failures + 1,
                locked_until = CASE WHEN failures + 1 > $2::int THEN
                    now() + make_interval(
                        secs => least($4::float8, $3::float8 * 2 ^ least(failures - $2, 30)))
                END
            WHERE account_id = $1
            """,
            account_id,
            backoff.free,
            backoff.first_s,
            backoff.max_s,
        )


async def begin_session(
    pool: Pool,
    who: Credentials,
    *,
    session_hash: bytes,
    device_id: str,
    role: Role,
    token_hash: bytes,
    lasts_s: float,
    totp_step: int | None,
) -> Session | None:
    """Log an account in. None: its one-time password was used before."""
    async with connected(pool) as connection, connection.transaction():
        fresh = await connection.fetchval(
            """
            UPDATE accounts
            SET failures = 0, locked_until = NULL,
                totp_last_step = coalesce($2::bigint, totp_last_step)
            WHERE account_id = $1 AND revoked_at IS NULL
              AND ($2::bigint IS NULL OR totp_last_step < $2)
            RETURNING true
            """,
            who.account_id,
            totp_step,
        )
        if not fresh:
            return None
        await connection.execute(
            """
            INSERT INTO devices (device_id, role, name, token_hash, quadrant)
            VALUES ($1, $2, $3, $4, $5)
            """,
            device_id,
            role.value,
            who.name,
            token_hash,
            who.quadrant,
        )
        expires_at = await connection.fetchval(
            """
            INSERT INTO sessions (session_hash, account_id, device_id, expires_at)
            VALUES ($1, $2, $3, now() + make_interval(secs => $4)) RETURNING expires_at
            """,
            session_hash,
            who.account_id,
            device_id,
            lasts_s,
        )
    return Session(who.account_id, who.name, who.role, device_id, expires_at)


# --- sessions -------------------------------------------------------------------------------------


async def session_of(
    pool: Pool, session_hash: bytes, *, idle_s: float, seen_every_s: float
) -> Session | None:
    """Return the session of a cookie, and note that it was seen. None: it does not hold."""
    async with connected(pool) as connection:
        row = await connection.fetchrow(
            """
            SELECT account_id, a.name, a.role, device_id, expires_at,
                   seen_at < now() - make_interval(secs => $3) AS is_stale
            FROM sessions JOIN accounts AS a USING (account_id)
            WHERE session_hash = $1 AND expires_at > now() AND a.revoked_at IS NULL
              AND seen_at > now() - make_interval(secs => $2)
            """,
            session_hash,
            idle_s,
            seen_every_s,
        )
        if row is None:
            return None
        if row["is_stale"]:
            await connection.execute(
                "UPDATE sessions SET seen_at = now() WHERE session_hash = $1", session_hash
            )
    role = AccountRole(row["role"])
    return Session(row["account_id"], row["name"], role, row["device_id"], row["expires_at"])


async def end_session(pool: Pool, session_hash: bytes) -> None:
    """Log out."""
    async with connected(pool) as connection:
        await connection.execute(
            """
            DELETE FROM devices WHERE device_id = (
                SELECT device_id FROM sessions WHERE session_hash = $1)
            """,
            session_hash,
        )


async def sweep_sessions(pool: Pool, idle_s: float) -> int:
    """Remove the sessions that are over, and so their devices; how many."""
    over = """
        FROM sessions
        WHERE expires_at <= now() OR seen_at <= now() - make_interval(secs => $1)
    """
    async with connected(pool) as connection:
        # Looked up first: even deleting nothing would wait for a turn to write.
        if not await connection.fetchval(f"SELECT EXISTS (SELECT {over})", idle_s):
            return 0
        done = await connection.execute(
            f"DELETE FROM devices WHERE device_id IN (SELECT device_id {over})",  # noqa: S608
            idle_s,
        )
    return int(done.rpartition(" ")[2])


async def _end_all(connection: Connection, account_id: str) -> None:
    await connection.execute(
        """
        DELETE FROM devices WHERE device_id IN (
            SELECT device_id FROM sessions WHERE account_id = $1)
        """,
        account_id,
    )

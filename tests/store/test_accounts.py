"""Accounts and their sessions, as the database keeps them."""

import pytest

from dispatch.core.credentials import digest
from dispatch.store.account_role import AccountRole
from dispatch.store.accounts import (
    Backoff,
    Session,
    accounts,
    add_account,
    begin_session,
    change_password,
    credentials_of,
    end_session,
    note_failure,
    revoke_account,
    session_of,
    sweep_sessions,
)
from dispatch.store.errors import Refused
from dispatch.store.pool import Pool, connected, open_pool
from protocol.vocabulary import Role
from tests.store.on_asyncio import on_asyncio

BACKOFF = Backoff(free=2, first_s=10.0, max_s=60.0)
COOKIE = digest("cookie")


async def begin(
    pool: Pool, number: int = 1, *, step: int | None = None, lasts_s: float = 60
) -> Session | None:
    who = await credentials_of(pool, "ana")
    assert who is not None
    return await begin_session(
        pool,
        who,
        session_hash=COOKIE if number == 1 else digest(str(number)),
        device_id=f"ana:{number}",
        role=Role.OPERATOR,
        token_hash=digest("token"),
        lasts_s=lasts_s,
        totp_step=step,
    )


async def holds(pool: Pool) -> bool:
    return await session_of(pool, COOKIE, idle_s=100, seen_every_s=10) is not None


async def devices(pool: Pool) -> list[str]:
    async with connected(pool) as connection:
        return [
            row[0] for row in await connection.fetch("SELECT device_id FROM devices ORDER BY 1")
        ]


@on_asyncio
async def test_an_id_is_one_account(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await add_account(pool, "ana", "Ana", AccountRole.OPERATOR, "hash")
        with pytest.raises(Refused, match="ana"):
            await add_account(pool, "ana", "Ana", AccountRole.OPERATOR, "hash")
        with pytest.raises(Refused, match="letters"):
            await add_account(pool, "a b", "Ana", AccountRole.OPERATOR, "hash")
        (listed,) = await accounts(pool)
        assert (listed.account_id, listed.has_totp, listed.locked_until) == ("ana", False, None)
        assert await credentials_of(pool, "luis") is None


@on_asyncio
async def test_a_session_is_a_device_and_goes_with_it(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await add_account(pool, "ana", "Ana", AccountRole.OPERATOR, "hash")
        session = await begin(pool)
        assert session is not None
        assert (session.account_id, session.device_id) == ("ana", "ana:1")
        assert await devices(pool) == ["ana:1"]
        assert await holds(pool)
        await end_session(pool, COOKIE)
        await end_session(pool, COOKIE)
        assert await devices(pool) == []
        assert not await holds(pool)


@on_asyncio
async def test_another_password_or_a_revocation_ends_all_of_them(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await add_account(pool, "ana", "Ana", AccountRole.OPERATOR, "hash")
        for end in (
            lambda: change_password(pool, "ana", "other"),
            lambda: revoke_account(pool, "ana", "left"),
        ):
            await begin(pool, 1)
            await begin(pool, 2)
            assert await end()
            assert await devices(pool) == []
        assert not await change_password(pool, "ana", "third"), "it is revoked"
        assert not await revoke_account(pool, "nobody", "left")
        assert await credentials_of(pool, "ana") is None


@on_asyncio
async def test_failures_lock_for_twice_as_long_each_up_to_a_bound(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await add_account(pool, "ana", "Ana", AccountRole.OPERATOR, "hash")
        locks = []
        for _ in range(7):
            await note_failure(pool, "ana", BACKOFF)
            who = await credentials_of(pool, "ana")
            assert who is not None
            locks.append(round(who.locked_for_s / 10))
        assert locks == [0, 0, 1, 2, 4, 6, 6]
        await begin(pool)
        who = await credentials_of(pool, "ana")
        assert who is not None
        assert who.locked_for_s == 0


@on_asyncio
async def test_a_one_time_password_is_good_once(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await add_account(pool, "ana", "Ana", AccountRole.OPERATOR, "hash", b"box")
        assert await begin(pool, 1, step=7) is not None
        assert await begin(pool, 2, step=7) is None
        assert await begin(pool, 3, step=6) is None
        assert await begin(pool, 4, step=8) is not None
        assert await devices(pool) == ["ana:1", "ana:4"]


@on_asyncio
async def test_what_is_over_is_swept_and_nothing_else(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await add_account(pool, "ana", "Ana", AccountRole.OPERATOR, "hash")
        await begin(pool, 1)
        assert await sweep_sessions(pool, idle_s=100) == 0
        await begin(pool, 2, lasts_s=-1)
        await begin(pool, 3)
        async with connected(pool) as connection:
            await connection.execute(
                "UPDATE sessions SET seen_at = now() - interval '101 s' WHERE device_id = 'ana:3'"
            )
        assert await sweep_sessions(pool, idle_s=100) == 2
        assert await devices(pool) == ["ana:1"]


@on_asyncio
async def test_being_seen_is_noted_now_and_then(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await add_account(pool, "ana", "Ana", AccountRole.OPERATOR, "hash")
        await begin(pool)

        async def seen(seen_every_s: float) -> float:
            await session_of(pool, COOKIE, idle_s=100, seen_every_s=seen_every_s)
            async with connected(pool) as connection:
                age: float = await connection.fetchval(
                    "SELECT extract(epoch FROM now() - seen_at)::float8 FROM sessions"
                )
                return age

        async with connected(pool) as connection:
            await connection.execute("UPDATE sessions SET seen_at = now() - interval '50 s'")
        assert await seen(60) > 49
        assert await seen(40) < 49


@on_asyncio
async def test_a_session_of_a_supervisor_is_a_device_of_its_quadrant(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        with pytest.raises(Refused, match="only a supervisor is of a quadrant"):
            await add_account(pool, "luis", "Luis", AccountRole.OPERATOR, "h", quadrant="Q-01")
        await add_account(pool, "eva", "Eva", AccountRole.SUPERVISOR, "hash", quadrant="Q-01")
        (listed,) = await accounts(pool)
        assert listed.quadrant == "Q-01"
        who = await credentials_of(pool, "eva")
        assert who is not None
        await begin_session(
            pool,
            who,
            session_hash=COOKIE,
            device_id="eva:1",
            role=Role.SUPERVISOR,
            token_hash=digest("token"),
            lasts_s=60,
            totp_step=None,
        )
        async with connected(pool) as connection:
            row = await connection.fetchrow("SELECT role, quadrant FROM registry_devices")
        assert row is not None
        assert tuple(row) == ("supervisor", "Q-01")

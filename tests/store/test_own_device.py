"""A process of ours enrols itself, once; nobody else's id becomes its own."""

from pathlib import Path

from dispatch.core.credentials import digest
from dispatch.store.enrolment import revoke
from dispatch.store.own_device import introduce
from dispatch.store.pool import connected, open_pool
from protocol.vocabulary import Role
from tests.store.on_asyncio import on_asyncio
from tests.store.samples import fill


@on_asyncio
async def test_it_is_known_and_the_same_again_changes_nothing(dsn: str, tmp_path: Path) -> None:
    async with open_pool(dsn) as pool:

        async def found(device_id: str) -> tuple[object, ...] | None:
            async with connected(pool) as connection:
                row = await connection.fetchrow(
                    """
                    SELECT role, token_hash, seq FROM devices AS d
                    JOIN registry_changes AS c ON c.thing = 'device' AND c.id = d.device_id
                    WHERE device_id = $1
                    """,
                    device_id,
                )
                return None if row is None else tuple(row)

        await introduce(pool, "console-local", Role.CONSOLE, "token")
        first = await found("console-local")
        assert first is not None
        assert first[:2] == ("console", digest("token"))
        await introduce(pool, "console-local", Role.CONSOLE, "token")
        assert await found("console-local") == first
        await revoke(pool, "console-local", "by mistake")
        await introduce(pool, "console-local", Role.CONSOLE, "other")
        assert (await found("console-local") or ())[:2] == ("console", digest("other"))

        await fill(pool, tmp_path)
        before = await found("app-ana")
        await introduce(pool, "app-ana", Role.CONSOLE, "token")
        assert await found("app-ana") == before

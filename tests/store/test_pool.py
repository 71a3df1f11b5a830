import asyncio

import pytest

from dispatch.store import pool as limits
from dispatch.store.errors import Refused, StoreUnavailable, Unavailable
from dispatch.store.pool import connect, connected, deadline, open_pool

from .conftest import Server
from .on_asyncio import on_asyncio, soon


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter deadlines: these tests wait for them to pass."""
    monkeypatch.setattr(limits, "ACQUIRE_DEADLINE_S", 0.3)
    monkeypatch.setattr(limits, "CLOSE_DEADLINE_S", 0.3)
    monkeypatch.setattr(limits, "RELEASE_DEADLINE_S", 0.3)


@on_asyncio
async def test_a_frozen_server_is_left_at_the_deadline(
    server: Server, dsn: str, hurried: None
) -> None:
    async def reasons() -> list[Unavailable]:
        found = []
        async with open_pool(dsn, size=1) as pool:
            async with connected(pool) as connection:
                await connection.fetchval("SELECT 1")
            with server.frozen():
                for _ in range(2):  # on the open connection, then while making a new one
                    with pytest.raises(StoreUnavailable) as raised:
                        async with connected(pool, 0.3) as connection:
                            await connection.fetchval("SELECT 1")
                    found.append(raised.value.reason)
            async with connected(pool) as connection:
                assert await connection.fetchval("SELECT 1") == 1
        return found

    assert await soon(reasons()) == [Unavailable.NO_ANSWER, Unavailable.NO_ANSWER]


@on_asyncio
async def test_a_pool_closes_though_the_server_is_frozen(
    server: Server, dsn: str, hurried: None
) -> None:
    async def close() -> None:
        with server.frozen():
            await opened.__aexit__(None, None, None)

    opened = open_pool(dsn)
    pool = await opened.__aenter__()
    async with connected(pool) as connection:
        await connection.fetchval("SELECT 1")
    await soon(close())


@on_asyncio
async def test_work_that_is_cancelled_gives_its_connection_back(dsn: str) -> None:
    began = asyncio.Event()

    async def work() -> None:
        async with connected(pool) as connection:
            began.set()
            await connection.execute("SELECT pg_sleep(60)")

    async with open_pool(dsn, size=1) as pool:
        task = asyncio.create_task(work())
        await soon(began.wait())
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await soon(task)
        async with connected(pool) as connection:
            assert await connection.fetchval("SELECT 1") == 1


@on_asyncio
async def test_a_pool_opens_without_a_server_and_works_when_it_comes(
    server: Server, dsn: str
) -> None:
    with server.stopped():
        async with open_pool(dsn) as pool:
            with pytest.raises(StoreUnavailable) as raised:
                async with connected(pool):
                    pytest.fail("there is no server")
            assert raised.value.reason is Unavailable.UNREACHABLE
            with pytest.raises(StoreUnavailable):
                await connect(dsn)
            server.start()
            async with connected(pool) as connection:
                assert await connection.fetchval("SELECT 1") == 1


@on_asyncio
async def test_a_server_that_stops_under_a_statement_is_unavailable(
    server: Server, dsn: str
) -> None:
    async with open_pool(dsn) as pool:
        with pytest.raises(StoreUnavailable):  # noqa: PT012 - the second statement must fail
            async with connected(pool) as connection:
                await connection.fetchval("SELECT 1")
                with server.stopped():
                    await connection.fetchval("SELECT 1")


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT * FROM no_such_table", Unavailable.NO_SCHEMA),
        ("SET statement_timeout = 1; SELECT pg_sleep(10)", Unavailable.NO_ANSWER),
        ("SELECT pg_terminate_backend(pg_backend_pid())", Unavailable.UNREACHABLE),
        ("BEGIN READ ONLY; CREATE TABLE t ()", Unavailable.NOT_READY),
    ],
)
@on_asyncio
async def test_operating_faults_have_a_reason(dsn: str, sql: str, reason: Unavailable) -> None:
    async with open_pool(dsn) as pool:
        with pytest.raises(StoreUnavailable) as raised:
            async with connected(pool) as connection:
                await connection.execute(sql)
    assert raised.value.reason is reason


@on_asyncio
async def test_an_unknown_database_is_rejected(server: Server) -> None:
    async with open_pool(server.database("no_such_database")) as pool:
        with pytest.raises(StoreUnavailable) as raised:
            async with connected(pool):
                pytest.fail("there is no such database")
    assert raised.value.reason is Unavailable.REJECTED


@on_asyncio
async def test_a_refusal_does_not_quote_the_row(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        with pytest.raises(Refused) as raised:
            async with connected(pool) as connection:
                await connection.execute(
                    "INSERT INTO people VALUES ('p', 'Ana Secreta', repeat('3', 30))"
                )
    assert "Secreta" not in str(raised.value)
    assert raised.value.__suppress_context__


@on_asyncio
async def test_our_own_mistakes_stay_what_they_are(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        with pytest.raises(ZeroDivisionError):
            async with connected(pool):
                _ = 1 / 0


@on_asyncio
async def test_a_dsn_that_names_no_server_is_refused_without_being_shown() -> None:
    async with open_pool("mysql://ana:secret@host/db") as pool:
        with pytest.raises(Refused) as raised:
            async with connected(pool):
                pytest.fail("there is no such server")
    assert "secret" not in str(raised.value)


@on_asyncio
async def test_a_deadline_that_is_kept_leaves_the_connection_alone(dsn: str) -> None:
    connection = await connect(dsn)
    try:
        with deadline(connection, 30):
            await connection.fetchval("SELECT 1")
        assert await connection.fetchval("SELECT 2") == 2
    finally:
        await connection.close()

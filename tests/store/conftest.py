"""One real PostgreSQL for all tests of the store; each test finds an empty registry."""

import asyncio
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psutil
import pytest

from dispatch.store.migrate import migrate
from dispatch.store.pool import open_pool
from dispatch.supervise.postgres import embedded_postgres

TEMPLATE = "registry_template"
SHARED = "registry_shared"
# Faster than a new database by a fifth of a second; as a replica, no trigger speaks up.
EMPTY = """
    SET session_replication_role = replica;
    DELETE FROM people; DELETE FROM fronts; DELETE FROM devices;
    DELETE FROM editions; DELETE FROM quadrants; DELETE FROM active_edition;
    DELETE FROM false_alarms; DELETE FROM denials; DELETE FROM registry_changes;
    DELETE FROM kit; DELETE FROM troubles;
    DELETE FROM push_addresses;
    DELETE FROM accounts; DELETE FROM sessions; DELETE FROM audit; DELETE FROM hooks;
    DELETE FROM alerts; DELETE FROM alert_events; DELETE FROM deliveries;
    SELECT setval('registry_seq', 1, false);
"""
SERIAL = count()


class Server:
    """A PostgreSQL that can be stopped, started and frozen."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._running = ExitStack()
        self.dsn = ""

    def start(self) -> None:
        self.dsn = self._running.enter_context(embedded_postgres(self._data_dir))

    def stop(self) -> None:
        self._running.close()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Every process of the server stands still: sockets are open and nothing is answered."""
        pid = int((self._data_dir / "cluster" / "postmaster.pid").read_text().splitlines()[0])
        postmaster = psutil.Process(pid)
        frozen = [postmaster, *postmaster.children(recursive=True)]
        for process in frozen:
            process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for process in frozen:
                with suppress(psutil.NoSuchProcess):  # it was on its way out
                    process.send_signal(signal.SIGCONT)

    def database(self, name: str) -> str:
        """The DSN of one of its databases."""
        return urlunsplit(urlsplit(self.dsn)._replace(path=f"/{name}"))

    def new_database(self, template: str = "template1") -> str:
        """Make a database and return its DSN."""
        name = f"test_{next(SERIAL)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.database(name)

    def run(self, sql: str) -> None:
        asyncio.run(execute(self.dsn, sql))


async def execute(dsn: str, sql: str) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def migrated(dsn: str) -> None:
    async with open_pool(dsn) as pool:
        await migrate(pool)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    # Not under pytest's tmp_path: the server is another user's when the tests run as root.
    data_dir = Path(tempfile.mkdtemp(prefix="cuadrante-store-"))
    server = Server(data_dir)
    try:
        server.start()
        server.run(f"CREATE DATABASE {TEMPLATE}")
        asyncio.run(migrated(server.database(TEMPLATE)))
        server.run(f"CREATE DATABASE {SHARED} TEMPLATE {TEMPLATE}")
        yield server
    finally:
        server.stop()
        shutil.rmtree(data_dir, ignore_errors=True)


@pytest.fixture
def empty_database(server: Server) -> str:
    """The DSN of a new database without a schema."""
    return server.new_database()


@pytest.fixture
def dsn(server: Server) -> str:
    """The DSN of a database with the registry's schema, and nothing in it."""
    shared = server.database(SHARED)
    asyncio.run(execute(shared, EMPTY))
    return shared


@pytest.fixture
def own_dsn(server: Server) -> str:
    """The same in a new database, for tests that alter the schema."""
    return server.new_database(TEMPLATE)

"""Connections to PostgreSQL that never keep their caller waiting.

A frozen server accepts connections and answers nothing. Cancelling a statement asks that same
server to cancel it, so a time-out alone would hang as well: past its deadline a connection is
aborted, which needs nobody's answer.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Final, Protocol, TypeAlias

import asyncpg

from dispatch.store.errors import Refused, StoreUnavailable, Unavailable

POOL_SIZE: Final = 4
ACQUIRE_DEADLINE_S: Final = 2.0
STATEMENT_DEADLINE_S: Final = 2.0
BULK_DEADLINE_S: Final = 60.0
"""For imports and migrations, which a person waits for."""
RELEASE_DEADLINE_S: Final = 1.0
CLOSE_DEADLINE_S: Final = 2.0

SERVER_SETTINGS: Final = {
    "application_name": "cuadrante",
    # Writers take turns: one that stops half way must not keep the turn.
    "idle_in_transaction_session_timeout": "30s",
    # A statement whose client gave up ends, instead of waiting for a lock and then writing.
    "client_connection_check_interval": "1s",
    # Compiling a plan takes longer than any statement here.
    "jit": "off",
}

Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = (
    "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
)


class Terminable(Protocol):
    """A connection, for all that a deadline needs."""

    def terminate(self) -> None: ...
    def is_closed(self) -> bool: ...


@asynccontextmanager
async def open_pool(dsn: str, *, size: int = POOL_SIZE) -> AsyncIterator[Pool]:
    """A pool that connects when first used, so that it opens with the server away as well."""
    pool = await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        timeout=ACQUIRE_DEADLINE_S,
        server_settings=SERVER_SETTINGS,
    )
    try:
        yield pool
    finally:
        try:
            async with asyncio.timeout(CLOSE_DEADLINE_S):
                await pool.close()
        except TimeoutError:
            pool.terminate()


@asynccontextmanager
async def connected(
    pool: Pool, deadline_s: float = STATEMENT_DEADLINE_S
) -> AsyncIterator[Connection]:
    """A connection for one piece of work, which has `deadline_s` seconds in all.

    Raises `StoreUnavailable`, or `Refused` when a constraint refuses what was written.
    """
    connection = await _acquire(pool)
    try:
        with deadline(connection, deadline_s):
            yield connection
    finally:
        # Handing a connection back asks the server to reset it: another wait to bound.
        timer = asyncio.get_running_loop().call_later(RELEASE_DEADLINE_S, abort, connection)
        try:
            await pool.release(connection)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            pass  # the work is done; the pool has dropped the connection
        finally:
            timer.cancel()


async def connect(dsn: str) -> Connection:
    """One connection outside any pool. Raises `StoreUnavailable`, `Refused` for an unusable DSN."""
    try:
        return await asyncpg.connect(
            dsn, timeout=ACQUIRE_DEADLINE_S, server_settings=SERVER_SETTINGS
        )
    except Exception as error:
        raise sorted_by_blame(error, lost=True) from None


async def _acquire(pool: Pool) -> "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]":
    try:
        return await pool.acquire(timeout=ACQUIRE_DEADLINE_S)
    except TimeoutError:
        why = f"no connection within {ACQUIRE_DEADLINE_S:g} s"
        raise StoreUnavailable(Unavailable.NO_ANSWER, why) from None
    except Exception as error:
        raise sorted_by_blame(error, lost=True) from None


@contextmanager
def deadline(connection: Terminable, deadline_s: float) -> Iterator[None]:
    """Abort `connection` unless the block ends in time, and sort what goes wrong by blame."""
    passed = False

    def pass_deadline() -> None:
        nonlocal passed
        passed = True
        abort(connection)

    timer = asyncio.get_running_loop().call_later(deadline_s, pass_deadline)
    try:
        yield
    except asyncio.CancelledError:
        abort(connection)
        raise
    except Exception as error:
        if passed:
            why = f"no answer within {deadline_s:g} s"
            raise StoreUnavailable(Unavailable.NO_ANSWER, why) from None
        # `from None`: PostgreSQL's own texts quote the row.
        raise sorted_by_blame(error, lost=_is_lost(connection)) from None
    finally:
        timer.cancel()


def abort(connection: Terminable) -> None:
    """End a connection at once, in whatever state it is."""
    with suppress(asyncpg.InterfaceError):  # the pool has already let go of it
        connection.terminate()


def _is_lost(connection: Terminable) -> bool:
    try:
        return connection.is_closed()
    except asyncpg.InterfaceError:  # the pool has already let go of it
        return True


_BLAME: Final[tuple[tuple[type[Exception], Unavailable], ...]] = (
    (TimeoutError, Unavailable.NO_ANSWER),
    (asyncpg.QueryCanceledError, Unavailable.NO_ANSWER),
    (asyncpg.OperatorInterventionError, Unavailable.NOT_READY),
    (asyncpg.ReadOnlySQLTransactionError, Unavailable.NOT_READY),
    (asyncpg.InsufficientResourcesError, Unavailable.BUSY),
    (asyncpg.TransactionRollbackError, Unavailable.BUSY),
    (asyncpg.ObjectNotInPrerequisiteStateError, Unavailable.BUSY),
    (asyncpg.InvalidTransactionStateError, Unavailable.UNREACHABLE),
    (asyncpg.InvalidAuthorizationSpecificationError, Unavailable.REJECTED),
    (asyncpg.InvalidCatalogNameError, Unavailable.REJECTED),
    (asyncpg.InsufficientPrivilegeError, Unavailable.REJECTED),
    (asyncpg.UndefinedTableError, Unavailable.NO_SCHEMA),
    (asyncpg.UndefinedColumnError, Unavailable.NO_SCHEMA),
    (asyncpg.UndefinedFunctionError, Unavailable.NO_SCHEMA),
    (asyncpg.PostgresConnectionError, Unavailable.UNREACHABLE),
    (OSError, Unavailable.UNREACHABLE),
)


def sorted_by_blame(error: Exception, *, lost: bool) -> Exception:
    """What `error` is to a caller of the store. Our own bugs come back unchanged.

    `lost`: the connection is gone, so that whatever asyncpg says about its state is due to that.
    """
    if isinstance(error, asyncpg.IntegrityConstraintViolationError):
        broken = (error.constraint_name or error.column_name or "a constraint").replace("_", " ")
        return Refused(f"{error.table_name or 'the registry'}: {broken}")
    if isinstance(error, asyncpg.ClientConfigurationError):
        return Refused("the DSN cannot be used: postgresql://user@host:port/database")
    if isinstance(error, asyncpg.RaiseError):
        return Refused(error.args[0])
    for kind, reason in _BLAME:
        if isinstance(error, kind):
            return StoreUnavailable(reason, type(error).__name__)
    if lost and isinstance(error, asyncpg.InterfaceError):
        return StoreUnavailable(Unavailable.UNREACHABLE, "the connection was lost")
    return error

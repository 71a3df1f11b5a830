"""The console process: the application on its port, until it is told to end."""

import asyncio
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import structlog
import uvicorn
import uvloop

from dispatch.console.app import Keys, console_app
from dispatch.console.bounds import (
    CERTIFICATE_CHECK_S,
    CONNECTIONS_MAX,
    DRAIN_DEADLINE_S,
    KEEP_CONNECTION_S,
    POOL_SIZE,
    SESSION_IDLE_S,
    SWEEP_EVERY_S,
)
from dispatch.console.config import PageOptions
from dispatch.console.presses.core_link import CoreAddress, CoreLink
from dispatch.console.shelf import Shelf
from dispatch.edge.exposure import ListenError, refuse_exposure
from dispatch.edge.tls import Tls, TlsFiles
from dispatch.store.accounts import sweep_sessions
from dispatch.store.errors import StoreUnavailable
from dispatch.store.own_device import introduce
from dispatch.store.pool import Pool, open_pool
from protocol.vocabulary import Role

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ConsoleOptions:
    """What the console process needs to know."""

    dsn: str
    pictures_folder: Path
    core: CoreAddress
    keys: Keys
    host: str = "127.0.0.1"
    port: int = 7311
    tls: TlsFiles | None = None
    allow_plain: bool = False
    pages: PageOptions = field(default_factory=PageOptions)


def run_console(options: ConsoleOptions, announce: Callable[[int], None]) -> None:
    """Serve until SIGTERM or SIGINT; `announce` is told the port once it listens.

    Raises `ListenError`, `TlsError`.
    """
    refuse_exposure(options.host, has_tls=options.tls is not None, allow_plain=options.allow_plain)
    tls = None if options.tls is None else Tls(options.tls)
    told_to_end = _Told()
    # uvicorn takes over while it serves, and then raises again what signal it ended for: that would
    # end us before we have.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told_to_end.hear)
    with _listening(options.host, options.port) as listener:
        uvloop.run(_serve(options, tls, listener, announce, told_to_end))


class _Told:
    """Whether we were told to end before we served."""

    def __init__(self) -> None:
        self.to_end = False

    def hear(self, *_: object) -> None:
        self.to_end = True


async def _serve(
    options: ConsoleOptions,
    tls: Tls | None,
    listener: socket.socket,
    announce: Callable[[int], None],
    told: _Told,
) -> None:
    async with open_pool(options.dsn, size=POOL_SIZE) as pool:
        shelf = Shelf(options.pictures_folder)
        address = options.core
        core = CoreLink(address, partial(_introduce, pool, address))
        app = console_app(
            pool, shelf, core, options.keys, has_tls=tls is not None, pages=options.pages
        )
        config = uvicorn.Config(
            app,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            # A TLS proxy on this machine says whose requests it hands on; nobody else is believed.
            proxy_headers=options.allow_plain,
            limit_concurrency=CONNECTIONS_MAX,
            timeout_keep_alive=KEEP_CONNECTION_S,
            timeout_graceful_shutdown=DRAIN_DEADLINE_S,
        )
        config.load()
        config.ssl = None if tls is None else tls.context
        server = uvicorn.Server(config)
        announce(listener.getsockname()[1])
        beside = [asyncio.create_task(each) for each in (_renew(tls), _sweep(pool), core.run())]
        for task in beside:
            task.add_done_callback(partial(_end_with, server))
        try:
            server.should_exit = told.to_end
            await server.serve(sockets=[listener])
        finally:
            for task in beside:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


def _end_with(server: uvicorn.Server, task: asyncio.Task[None]) -> None:
    """What runs beside the server ends with it alone: anything else is our bug, and is loud."""
    if not task.cancelled():
        server.should_exit = True


async def _renew(tls: Tls | None) -> None:
    """Follow renewed certificates."""
    while True:
        await asyncio.sleep(CERTIFICATE_CHECK_S)
        if tls is not None:
            tls.reload_if_changed()


async def _introduce(pool: Pool, address: CoreAddress) -> None:
    """See to it that the core may know us. Without PostgreSQL it does if it ever did."""
    with suppress(StoreUnavailable):
        await introduce(pool, address.device_id, Role.CONSOLE, address.token)


async def _sweep(pool: Pool) -> None:
    """Remove sessions that are over."""
    while True:
        await asyncio.sleep(SWEEP_EVERY_S)
        with suppress(StoreUnavailable):
            await sweep_sessions(pool, SESSION_IDLE_S)


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=CONNECTIONS_MAX)
    except (OSError, UnicodeError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise ListenError(
            f"cannot listen on {host} port {port}: {reason}. "
            "Is another console running? Choose another console_port, or host."
        ) from error

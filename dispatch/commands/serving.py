"""The processes of an installation: all of them, or one alone."""

import gc
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from dispatch.commands.options import AllowPlain, Config, DataDir, Host, Port
from dispatch.commands.words import blame, fail, settings_of
from dispatch.supervise.exit_codes import ExitCode
from dispatch.supervise.ready import announce_ready

if TYPE_CHECKING:
    from dispatch.logs import BackgroundWriter

PUSH_NICENESS = 10
"""On a crowded machine a push waits for presses, never they for it: encrypting costs 1 ms."""


def run(
    config: Config = None,
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    allow_plain: AllowPlain = None,
) -> None:
    """Run everything: PostgreSQL (unless a dsn is set) and the core, watched and restarted."""
    import trio

    from dispatch.commands.children import supervise_all
    from dispatch.edge.exposure import refuse_exposure
    from dispatch.secret import installation_secret

    settings = settings_of(config, data_dir=data_dir, host=host, port=port, allow_plain=allow_plain)
    with blame():
        has_tls = settings.tls_certificate is not None
        refuse_exposure(settings.host, has_tls=has_tls, allow_plain=settings.allow_plain)
        installation_secret(settings, make=True)  # before any of the processes looks for it
        with _logged("supervisor"):
            trio.run(supervise_all, settings, config)


def core(
    config: Config = None,
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    allow_plain: AllowPlain = None,
) -> None:
    """Run the core alone, against the configured dsn or the embedded PostgreSQL of data_dir."""
    gc.disable()  # until all is loaded (`spare_the_old`): a tenth of the imports' time
    from dispatch.journal.log_child import start_log

    settings = settings_of(config, data_dir=data_dir, host=host, port=port, allow_plain=allow_plain)
    log_child = start_log(settings.journal_file)  # it starts while the rest is imported
    from dispatch.commands.database import database
    from dispatch.commands.parts import core_options
    from dispatch.edge.serve import run_core

    _raise_open_files()
    with _logged("core") as logs, blame(), database(settings) as dsn:
        options = core_options(settings, dsn)
        run_core(options, lambda bound: announce_ready({"port": bound}), logs, log_child)


def gateway(
    code: Annotated[
        str | None, typer.Option(help="Its enrolment code, the first time, on another host.")
    ] = None,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Run the gateway alone: what alarm panels and buttons on the wall speak to."""
    import trio

    from dispatch.commands.parts import gateway_options
    from dispatch.gateway.enrolment import put_aside
    from dispatch.gateway.serve import run_gateway
    from link.errors import Refused
    from protocol.close_codes import CloseCode

    settings = settings_of(config, data_dir=data_dir)
    file = settings.gateway_credentials
    if code is None and settings.gateway_core_url is not None and not file.exists():
        fail(
            ExitCode.USAGE,
            f"there is no {file} yet: on the server `server.py enrol ID --role gateway`, "
            "and here once --code with what it prints",
        )
    _raise_open_files()
    with _logged("gateway"), blame():
        options = gateway_options(settings, code)
        try:
            trio.run(run_gateway, options, announce_ready)
        except Refused as refused:
            if refused.code == CloseCode.BAD_CREDENTIALS:
                put_aside(file)
            raise


def console(
    config: Config = None,
    data_dir: DataDir = None,
    host: Host = None,
    port: Annotated[int | None, typer.Option(help="Port of the HTTP side.")] = None,
    allow_plain: AllowPlain = None,
) -> None:
    """Run the HTTP side alone: pages, records, administration, pictures of alerts."""
    from dispatch.commands.database import database
    from dispatch.commands.parts import console_options
    from dispatch.console.serve import run_console

    settings = settings_of(
        config, data_dir=data_dir, host=host, console_port=port, allow_plain=allow_plain
    )
    with _logged("console"), blame(), database(settings) as dsn:
        options = console_options(settings, dsn)
        run_console(options, lambda bound: announce_ready({"port": bound}))


def push(config: Config = None, data_dir: DataDir = None) -> None:
    """Run the push side alone: what wakes handhelds that sleep, through their push services."""
    import trio

    from dispatch.commands.parts import push_options
    from dispatch.push.serve import run_push

    settings = settings_of(config, data_dir=data_dir)
    with _logged("push"):
        os.nice(PUSH_NICENESS)
        with blame():
            trio.run(run_push, push_options(settings), announce_ready)


@contextmanager
def _logged(process: str) -> "Iterator[BackgroundWriter]":
    """Log as this process; whatever ends the block, the last lines are written."""
    from dispatch.logs import configure_logs

    logs = configure_logs(process)
    try:
        yield logs
    finally:
        logs.flush()


def _raise_open_files() -> None:
    """A connection is an open file: take as many as the machine allows this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

#!/usr/bin/env python3
"""Cuadrante's command line: reads the settings and puts the parts together. Nothing else.

What only some commands need is imported by those: the core is to dispatch within a second of its
start, and half of that is imports.
"""

import asyncio
import json
import os
import resource
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar
from urllib.parse import urlsplit

import typer
from rich.console import Console
from rich.table import Table

from dispatch.core.registry import Device, Spot
from dispatch.edge.exposure import ListenError, is_loopback, refuse_exposure
from dispatch.edge.serve import CoreOptions, run_core
from dispatch.edge.tls import TlsError, TlsFiles
from dispatch.gateway.errors import CannotListen
from dispatch.journal.faults import CannotOpen
from dispatch.journal.inspect import export, inspect, verify
from dispatch.logs import configure_logs
from dispatch.secret import SecretUnusable, Use, derived_key, installation_secret
from dispatch.settings import BadSettings, Durability, Settings, load_settings
from dispatch.store import enrolment
from dispatch.store.accounts import AccountRole
from dispatch.store.errors import Refused, StoreUnavailable
from dispatch.store.forget import forget_alerts
from dispatch.store.import_quadrants import import_quadrants
from dispatch.store.import_registry import import_registry
from dispatch.store.kit import KitRow, TroubleRow, maintenance_list
from dispatch.store.kit import troubles as list_troubles
from dispatch.store.migrate import migrate
from dispatch.store.pool import Pool, open_pool
from dispatch.store.quadrant_file import QuadrantFileError, read_quadrants
from dispatch.supervise.exit_codes import ExitCode
from dispatch.supervise.postgres_layout import EmbeddedPostgresError, PostgresMissingError
from dispatch.supervise.ready import announce_ready
from dispatch.supervise.restarts import GaveUpError
from dispatch.wiring import BadWiring, misfit, read_wiring, seal
from link import errors as link_errors
from protocol import PATH
from protocol.close_codes import CloseCode
from protocol.schema import rendered
from protocol.vocabulary import Role

PROGRAM = Path(__file__).resolve()
GATEWAY_ID = "gateway-local"
"""The gateway that `run` brings along."""
CONSOLE_ID = "console-local"
"""The HTTP side, to the core."""
PUSH_ID = "push-local"
"""Its push side."""
PUSH_NICENESS = 10
"""On a crowded machine a push waits for presses, never they for it: encrypting costs 1 ms."""
EVERY_ADDRESS = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not listened on
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
SCHEMA_FILE = PROGRAM.parent / "protocol" / "asyncapi.json"

app = typer.Typer(
    help="Cuadrante: a panic press reaches the patrol of its quadrant at once.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
imports = typer.Typer(help="Bring quadrants, or fronts, people and devices, into the registry.")
app.add_typer(imports, name="import", no_args_is_help=True)

journal = typer.Typer(help="Look into the durable log, for the person on call.")
app.add_typer(journal, name="journal", no_args_is_help=True)

account = typer.Typer(help="Who may log in to the control room.")
app.add_typer(account, name="account", no_args_is_help=True)

Config = Annotated[
    Path | None, typer.Option(help="Settings file; without it, cuadrante.toml if there is one.")
]
DataDir = Annotated[Path | None, typer.Option(help="Where everything that must last is kept.")]
Host = Annotated[str | None, typer.Option(help="Address to listen on.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0: any free one.")]
AllowPlain = Annotated[
    bool | None, typer.Option("--allow-plain", help="No TLS beyond loopback: only behind a proxy.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

A_FILE: Any = {"exists": True, "dir_okay": False, "readable": True}

T = TypeVar("T")
out = Console(soft_wrap=True, highlight=False, markup=False)  # names may hold [brackets]
err = Console(stderr=True, soft_wrap=True, highlight=False, markup=False)


# --- serving ------------------------------------------------------------------------------------


@app.command()
def run(
    config: Config = None,
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    allow_plain: AllowPlain = None,
) -> None:
    """Run everything: PostgreSQL (unless a dsn is set) and the core, watched and restarted."""
    import trio

    settings = _settings(config, data_dir=data_dir, host=host, port=port, allow_plain=allow_plain)
    with _blame():
        has_tls = settings.tls_certificate is not None
        refuse_exposure(settings.host, has_tls=has_tls, allow_plain=settings.allow_plain)
        installation_secret(settings, make=True)  # before any of the processes looks for it
        logs = configure_logs("supervisor")
        try:
            trio.run(_supervise, settings, config)
        finally:
            logs.flush()


@app.command()
def core(
    config: Config = None,
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    allow_plain: AllowPlain = None,
) -> None:
    """Run the core alone, against the configured dsn or the embedded PostgreSQL of data_dir."""
    settings = _settings(config, data_dir=data_dir, host=host, port=port, allow_plain=allow_plain)
    _raise_open_files()
    logs = configure_logs("core")
    try:
        with _blame(), _database(settings) as database:
            options = _core_options(settings, database)
            run_core(options, lambda bound: announce_ready({"port": bound}), logs)
    finally:
        logs.flush()


@app.command()
def gateway(
    code: Annotated[
        str | None, typer.Option(help="Its enrolment code, the first time, on another host.")
    ] = None,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Run the gateway alone: what alarm panels and buttons on the wall speak to."""
    import trio

    from dispatch.gateway.enrolment import put_aside
    from dispatch.gateway.serve import run_gateway

    settings = _settings(config, data_dir=data_dir)
    file = settings.gateway_credentials
    if code is None and settings.gateway_core_url is not None and not file.exists():
        _fail(
            ExitCode.USAGE,
            f"there is no {file} yet: on the server `server.py enrol ID --role gateway`, "
            "and here once --code with what it prints",
        )
    _raise_open_files()
    logs = configure_logs("gateway")
    try:
        with _blame():
            options = _gateway_options(settings, code)
            try:
                trio.run(run_gateway, options, announce_ready)
            except link_errors.Refused as refused:
                if refused.code == CloseCode.BAD_CREDENTIALS:
                    put_aside(file)
                raise
    finally:
        logs.flush()


@app.command()
def console(
    config: Config = None,
    data_dir: DataDir = None,
    host: Host = None,
    port: Annotated[int | None, typer.Option(help="Port of the HTTP side.")] = None,
    allow_plain: AllowPlain = None,
) -> None:
    """Run the HTTP side alone: pages, records, administration, pictures of alerts."""
    from dispatch.console.app import Keys
    from dispatch.console.config import PageOptions
    from dispatch.console.presses.core_link import CoreAddress
    from dispatch.console.serve import ConsoleOptions, run_console
    from dispatch.push.vapid import vapid_keys

    settings = _settings(
        config, data_dir=data_dir, host=host, console_port=port, allow_plain=allow_plain
    )
    logs = configure_logs("console")
    try:
        with _blame(), _database(settings) as database:
            secret = installation_secret(settings)
            options = ConsoleOptions(
                dsn=database,
                pictures_folder=settings.pictures_folder,
                core=CoreAddress(
                    url=settings.console_core_url or _own_core_url(settings),
                    device_id=CONSOLE_ID,
                    token=derived_key(secret, Use.CONSOLE_TOKEN).hex(),
                    own=_own_certificate(settings),
                ),
                keys=Keys(
                    pictures=derived_key(secret, Use.PICTURE_PATHS),
                    wiring=derived_key(secret, Use.WIRING),
                    totp=derived_key(secret, Use.TOTP),
                ),
                host=settings.host,
                port=settings.console_port,
                tls=_tls(settings),
                allow_plain=settings.allow_plain,
                pages=PageOptions(
                    settings.port,
                    settings.core_public_url,
                    settings.map_tiles_url,
                    settings.map_credit,
                    vapid_keys(derived_key(secret, Use.VAPID)).application_key
                    if settings.push
                    else "",
                ),
            )
            run_console(options, lambda bound: announce_ready({"port": bound}))
    finally:
        logs.flush()


@app.command()
def push(config: Config = None, data_dir: DataDir = None) -> None:
    """Run the push side alone: what wakes handhelds that sleep, through their push services."""
    import trio

    from dispatch.push.serve import run_push

    settings = _settings(config, data_dir=data_dir)
    logs = configure_logs("push")
    os.nice(PUSH_NICENESS)
    try:
        with _blame():
            trio.run(run_push, _push_options(settings), announce_ready)
    finally:
        logs.flush()


async def _supervise(settings: Settings, config: Path | None) -> None:
    from dispatch.supervise.child import ChildSpec
    from dispatch.supervise.postgres import dsn, postgres_child
    from dispatch.supervise.tree import supervise

    # What is not set has no place in an environment: the child must read the same file.
    of_config = () if config is None else ("--config", str(config))
    core_child = ChildSpec(
        name="core",
        argv=(sys.executable, str(PROGRAM), "core", *of_config),
        env=settings.as_environment(),
        ready_deadline_s=60.0,
        drain_deadline_s=settings.drain_deadline_s,
    )
    # No press in an app waits for these: they may fail alone.
    console_child = replace(
        core_child,
        name="console",
        argv=(sys.executable, str(PROGRAM), "console", *of_config),
        essential=False,
    )
    gateway_child = replace(
        console_child,
        name="gateway",
        argv=(sys.executable, str(PROGRAM), "gateway", *of_config),
    )
    push_child = replace(
        console_child,
        name="push",
        argv=(sys.executable, str(PROGRAM), "push", *of_config),
    )
    children = [core_child, console_child]
    if settings.port:  # 0 is a port that they could not find
        children += [gateway_child, *([push_child] if settings.push else ())]
    if settings.dsn is None:
        database = {"CUADRANTE_DSN": dsn(settings.postgres_dir)}
        children = [replace(child, env={**child.env, **database}) for child in children]
        # Presses are dispatched from the local copy while PostgreSQL is away: it may fail alone.
        postgres = replace(postgres_child(settings.postgres_dir), essential=False)
        children = [postgres, *children]
    await supervise(children, drain_deadline_s=2 * settings.drain_deadline_s)


# --- the registry -------------------------------------------------------------------------------


@imports.command("quadrants")
def import_quadrants_file(
    file: Annotated[Path, typer.Argument(help="GeoJSON, EPSG:4326 or 4686.", **A_FILE)],
    edition: Annotated[str, typer.Option(help="Name of this edition, such as bogota-2024.")],
    code_field: Annotated[str, typer.Option(help="Property with the code; several: a,b.")],
    name_field: Annotated[str, typer.Option(help="Property with the name.")],
    station_field: Annotated[str | None, typer.Option(help="Property with the station.")] = None,
    cai_field: Annotated[str | None, typer.Option(help="Property with the CAI.")] = None,
    phone_field: Annotated[str | None, typer.Option(help="Property with the phone.")] = None,
    activate: Annotated[bool, typer.Option(help="Put it in force at once.")] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report, and change nothing.")] = False,
    as_json: AsJson = False,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Read an edition of quadrants, report what is odd in it, and bring it in whole."""
    with _blame():
        quadrants = read_quadrants(
            file,
            edition=edition,
            code_field=code_field,
            name_field=name_field,
            station_field=station_field,
            cai_field=cai_field,
            phone_field=phone_field,
        )

        async def work(pool: Pool) -> Any:
            return await import_quadrants(pool, quadrants, activate=activate, dry_run=dry_run)

        done = _with_store(_settings(config, data_dir=data_dir), work)
    if as_json:
        _print_json({"file": quadrants.report.as_dict(), "import": asdict(done)})
    else:
        sys.stdout.write(f"{quadrants.report.as_text()}\n{done.as_text()}\n")


@imports.command("registry")
def import_registry_file(
    file: Annotated[Path, typer.Argument(help="JSON with people, fronts and devices.", **A_FILE)],
    as_json: AsJson = False,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Bring fronts, people and devices in, all or nothing; again, it brings them up to date."""
    settings = _settings(config, data_dir=data_dir)
    with _blame():
        key = derived_key(installation_secret(settings, make=True), Use.WIRING)

        async def work(pool: Pool) -> Any:
            return await import_registry(pool, file, key)

        done = _with_store(settings, work)
    if as_json:
        _print_json(asdict(done))
    else:
        for kind, written in asdict(done).items():
            sys.stdout.write(f"{kind}: {written['items']}, {written['changed']} new or changed\n")


@app.command()
def enrol(
    device_id: Annotated[
        str | None, typer.Argument(help="Id of the device, such as patrulla-7 (letters, .-_:).")
    ] = None,
    role: Annotated[Role | None, typer.Option(help="What a new device is.")] = None,
    name: Annotated[str, typer.Option(help="What people call it.")] = "",
    quadrant: Annotated[str | None, typer.Option(help="Patrol: the code it patrols.")] = None,
    front: Annotated[str | None, typer.Option(help="Id of its front.")] = None,
    person: Annotated[str | None, typer.Option(help="Id of the person who holds it.")] = None,
    at: Annotated[str | None, typer.Option(help="Registered place: LAT,LON.")] = None,
    address: Annotated[str, typer.Option(help="Registered address.")] = "",
    gateway: Annotated[
        str | None, typer.Option(help="Id of the gateway that speaks for it.")
    ] = None,
    heartbeat_s: Annotated[
        int | None, typer.Option(min=5, max=604_800, help="It is to be heard from this often.")
    ] = None,
    wiring: Annotated[
        Path | None,
        typer.Option(help="JSON file: how its gateway speaks with it (kept sealed).", **A_FILE),
    ] = None,
    reinstate: Annotated[
        bool, typer.Option("--reinstate", help="Take a revoked one back.")
    ] = False,
    all_devices: Annotated[
        bool, typer.Option("--all", help="A code for every device that has no token yet.")
    ] = False,
    as_json: Annotated[
        Path | None, typer.Option("--json", help="Write the codes here (mode 0600); - to print.")
    ] = None,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Register a device and print its one-time enrolment code, valid for 24 hours."""
    if all_devices == (device_id is not None):
        _fail(ExitCode.USAGE, "give the id of one device, or --all")
    decided = (name, quadrant, front, person, at, address, gateway, heartbeat_s, wiring, reinstate)
    if any(decided) and (role is None or device_id is None):
        _fail(ExitCode.USAGE, "to register, alter or reinstate a device, give its id and --role")
    if address and at is None:
        _fail(ExitCode.USAGE, "an --address stands beside its place: give --at LAT,LON too")
    if as_json is not None and not as_json.absolute().parent.is_dir():
        _fail(ExitCode.USAGE, f"there is no directory {as_json.absolute().parent} for --json")
    spot = None if at is None else _spot(at, address)
    settings = _settings(config, data_dir=data_dir)
    box = None
    if wiring is not None and device_id is not None and role is not None:
        box = _sealed(wiring, settings, device_id, role)

    async def work(pool: Pool) -> dict[str, str]:
        if device_id is None:
            return await enrolment.issue_codes(pool)
        if role is None:
            return await _code_for_known(pool, device_id)
        device = Device(
            device_id=device_id,
            role=role,
            name=name or device_id,
            person_id=person,
            front_id=front,
            quadrant=quadrant,
            spot=spot,
            gateway_id=gateway,
            heartbeat_s=heartbeat_s,
            wiring=box,
        )
        return {device_id: await enrolment.issue_code(pool, device, reinstate=reinstate)}

    with _blame():
        codes = _with_store(settings, work)
    if as_json is not None:
        _write_privately(as_json, codes)
    else:
        for each, code in codes.items():
            sys.stdout.write(f"{each}  {code}\n")


@app.command()
def revoke(
    device_id: Annotated[str, typer.Argument(help="Id of the device.")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Withdraw a device's enrolment; a live connection of it is closed within a second."""

    async def work(pool: Pool) -> bool:
        return await enrolment.revoke(pool, device_id, reason)

    with _blame():
        if not _with_store(_settings(config, data_dir=data_dir), work):
            _fail(ExitCode.FAILED, f"there is no device {device_id}; see `server.py devices`")
    sys.stdout.write(f"{device_id} revoked\n")


@app.command()
def devices(
    role: Annotated[Role | None, typer.Option(help="Only this role.")] = None,
    front: Annotated[str | None, typer.Option(help="Only this front.")] = None,
    as_json: AsJson = False,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """List the devices and how far each is enrolled."""

    async def work(pool: Pool) -> list[enrolment.DeviceRow]:
        return await enrolment.devices(pool, role=role, front=front)

    with _blame():
        rows = _with_store(_settings(config, data_dir=data_dir), work)
    if as_json:
        _print_json([asdict(row) for row in rows])
        return
    table = Table("device", "role", "name", "quadrant", "front", "gateway", "wired", "enrolment")
    for row in rows:
        wired = "yes" if row.is_wired else ""
        kit = (row.gateway_id, wired)
        words = (row.device_id, row.role, row.name, row.quadrant, row.front_id, *kit, row.enrolment)
        table.add_row(*(word or "" for word in words))
    out.print(table if rows else "no devices yet: `server.py enrol ID --role app`")


# --- accounts -----------------------------------------------------------------------------------


@account.command("add")
def add_account(
    account_id: Annotated[str, typer.Argument(help="What its owner logs in with (letters, .-_:).")],
    name: Annotated[str, typer.Option(help="Its owner's name.")],
    role: Annotated[AccountRole, typer.Option(help="What its owner may do.")],
    totp: Annotated[
        bool, typer.Option("--totp", help="With one-time passwords; prints what to scan.")
    ] = False,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Make an account of the control room; asks for its password (or reads it from a pipe)."""
    from dispatch.store import accounts

    settings = _settings(config, data_dir=data_dir)
    password_hash, secret, box = _new_credentials(settings, account_id, totp=totp)

    async def work(pool: Pool) -> None:
        await accounts.add_account(pool, account_id, name, role, password_hash, box)

    with _blame():
        _with_store(settings, work)
    sys.stdout.write(f"{account_id} added\n")
    _show_totp(account_id, secret)


@account.command("passwd")
def change_password(
    account_id: Annotated[str, typer.Argument(help="Whose.")],
    totp: Annotated[
        bool, typer.Option("--totp", help="With new one-time passwords; prints what to scan.")
    ] = False,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Give an account another password; whoever is logged in with it is logged out."""
    from dispatch.store import accounts

    settings = _settings(config, data_dir=data_dir)
    password_hash, secret, box = _new_credentials(settings, account_id, totp=totp)

    async def work(pool: Pool) -> bool:
        return await accounts.change_password(pool, account_id, password_hash, box)

    with _blame():
        if not _with_store(settings, work):
            _fail(
                ExitCode.FAILED, f"there is no account {account_id}; see `server.py account list`"
            )
    sys.stdout.write(f"{account_id} has another password\n")
    _show_totp(account_id, secret)


@account.command("revoke")
def revoke_account(
    account_id: Annotated[str, typer.Argument(help="Whose.")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Withdraw an account for good; whoever is logged in with it is logged out."""
    from dispatch.store import accounts

    async def work(pool: Pool) -> bool:
        return await accounts.revoke_account(pool, account_id, reason)

    with _blame():
        if not _with_store(_settings(config, data_dir=data_dir), work):
            _fail(
                ExitCode.FAILED, f"there is no account {account_id}; see `server.py account list`"
            )
    sys.stdout.write(f"{account_id} revoked\n")


@account.command("list")
def list_accounts(as_json: AsJson = False, config: Config = None, data_dir: DataDir = None) -> None:
    """List the accounts of the control room."""
    from dispatch.store import accounts

    with _blame():
        rows = _with_store(_settings(config, data_dir=data_dir), accounts.accounts)
    if as_json:
        _print_json([asdict(row) for row in rows])
        return
    table = Table("account", "name", "role", "one-time", "locked until", "revoked")
    for row in rows:
        one_time = "yes" if row.has_totp else ""
        times = (str(at or "") for at in (row.locked_until, row.revoked_at))
        table.add_row(row.account_id, row.name, row.role, one_time, *times)
    out.print(table if rows else "no accounts yet: `server.py account add ID --role operator`")


# --- the journal --------------------------------------------------------------------------------


@journal.command("inspect")
def inspect_journal(
    as_json: AsJson = False, config: Config = None, data_dir: DataDir = None
) -> None:
    """Say what is in it: lines, open alerts, what PostgreSQL lacks yet, room on the disk."""
    with _blame():
        summary = inspect(_settings(config, data_dir=data_dir).journal_file)
    if as_json:
        _print_json(summary.as_dict())
    else:
        sys.stdout.write("\n".join(summary.lines_of_text()) + "\n")


@journal.command("verify")
def verify_journal(
    as_json: AsJson = False, config: Config = None, data_dir: DataDir = None
) -> None:
    """Read all of it and check it; fails when something is wrong."""
    with _blame():
        findings = verify(_settings(config, data_dir=data_dir).journal_file)
    if as_json:
        _print_json([asdict(finding) for finding in findings])
    else:
        sys.stdout.write("".join(f"{finding.line()}\n" for finding in findings))
    if findings:
        _fail(ExitCode.FAILED, f"{len(findings)} findings; the file is left as it is")


@journal.command("export")
def export_journal(
    out_file: Annotated[Path, typer.Argument(help="JSON lines; it holds personal data.")],
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Write every line as JSON, for whoever has to look closer."""
    with _blame():
        count = export(_settings(config, data_dir=data_dir).journal_file, out_file)
    sys.stdout.write(f"{count} lines written to {out_file}\n")


@app.command()
def kit(
    front: Annotated[str | None, typer.Option(help="Only this front's.")] = None,
    trouble: Annotated[
        bool, typer.Option("--trouble", help="Only what something is wrong with.")
    ] = False,
    as_json: AsJson = False,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """The maintenance list: each device by front, when it was last seen, and what is wrong."""

    async def work(pool: Pool) -> list[KitRow]:
        return await maintenance_list(pool, front=front, only_troubled=trouble)

    with _blame():
        rows = _with_store(_settings(config, data_dir=data_dir), work)
    if as_json:
        _print_json([asdict(row) for row in rows])
        return
    table = Table(
        *(
            "front",
            "device",
            "role",
            "name",
            "last seen",
            "battery",
            "trouble",
            "tested",
            "test due",
        )
    )
    for row in rows:
        battery = "" if row.battery_percent is None else f"{row.battery_percent} %"
        table.add_row(
            *(row.front_id or "", row.device_id, row.role, row.name),
            *(_when(row.last_seen_at, "never"), battery, ", ".join(row.troubles)),
            *(_when(row.tested_at), _when(row.test_due_at)),
        )
    out.print(table if rows else "nothing to list")


@app.command()
def troubles(
    only_open: Annotated[bool, typer.Option("--open", help="Only those that last.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 1_000,
    as_json: AsJson = False,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """What is wrong with the kit, and what was, newest first."""

    async def work(pool: Pool) -> list[TroubleRow]:
        return await list_troubles(pool, limit=limit, only_open=only_open)

    with _blame():
        rows = _with_store(_settings(config, data_dir=data_dir), work)
    if as_json:
        _print_json([asdict(row) for row in rows])
        return
    table = Table("opened", "closed", "trouble", "device", "name", "front", "last seen")
    for row in rows:
        table.add_row(
            *(_when(row.opened_at), _when(row.closed_at), row.kind, row.device_id, row.device),
            *(row.front, _when(row.last_seen_at, "never")),
        )
    out.print(table if rows else "no troubles")


@app.command()
def forget(
    older_than_days: Annotated[int, typer.Option(help="Alerts closed longer ago than this.")],
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Delete old closed alerts, with their events and pictures, and troubles. Open ones stay."""
    from dispatch.console.forget_pictures import forget_pictures
    from dispatch.console.shelf import Shelf

    settings = _settings(config, data_dir=data_dir)

    async def work(pool: Pool) -> tuple[int, int]:
        older_than = timedelta(days=older_than_days)
        alerts = await forget_alerts(pool, older_than)
        return alerts, await forget_pictures(pool, Shelf(settings.pictures_folder), older_than)

    with _blame():
        alerts, pictures = _with_store(settings, work)
    sys.stdout.write(f"{alerts} alerts and {pictures} pictures forgotten\n")


# --- the rest -----------------------------------------------------------------------------------


@app.command()
def schema(
    write: Annotated[
        bool, typer.Option("--write", help=f"Write protocol/{SCHEMA_FILE.name}.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Fail if that file is out of date.")
    ] = False,
) -> None:
    """Print the protocol as an AsyncAPI 3 document, or write or check the published one."""
    document = rendered()
    if write:
        SCHEMA_FILE.write_text(document, encoding="utf-8")
    elif check:
        if not SCHEMA_FILE.is_file() or SCHEMA_FILE.read_text(encoding="utf-8") != document:
            _fail(ExitCode.FAILED, "out of date: run `python server.py schema --write`")
    else:
        sys.stdout.write(document)


@app.command()
def doctor(
    config: Config = None,
    data_dir: DataDir = None,
    host: Host = None,
    port: Port = None,
    allow_plain: AllowPlain = None,
) -> None:
    """Check these settings and this machine, and say what is wrong and what to do."""
    from dispatch.doctor import Health, examine

    settings = _settings(config, data_dir=data_dir, host=host, port=port, allow_plain=allow_plain)
    colours = {Health.OK: "green", Health.WARNING: "yellow", Health.FAILED: "red"}
    failed = 0
    for finding in examine(settings):
        failed += finding.health is Health.FAILED
        out.print(f"{finding.health:8}", style=colours[finding.health], end="")
        out.print(f"{finding.check}: {finding.says}")
        if finding.do:
            out.print(f"        → {finding.do}")
    if failed:
        _fail(ExitCode.CONFIGURATION, f"{failed} of the checks failed")


# --- within -------------------------------------------------------------------------------------


def _settings(config: Path | None, **flags: object) -> Settings:
    try:
        return load_settings(config, **flags)
    except BadSettings as error:
        _fail(ExitCode.CONFIGURATION, str(error))


def _tls(settings: Settings) -> TlsFiles | None:
    if settings.tls_certificate is None or settings.tls_key is None:
        return None
    return TlsFiles(settings.tls_certificate, settings.tls_key)


def _core_options(settings: Settings, database: str) -> CoreOptions:
    return CoreOptions(
        dsn=database,
        journal_file=settings.journal_file,
        registry_folder=settings.registry_folder,
        picture_key=derived_key(installation_secret(settings, make=True), Use.PICTURE_PATHS),
        held_by_database=settings.durability is Durability.DATABASE,
        host=settings.host,
        port=settings.port,
        tls=_tls(settings),
        allow_plain=settings.allow_plain,
        origins=(*settings.origins, *_origins_of_console(settings)),
        connections_max=settings.connections_max,
    )


def _origins_of_console(settings: Settings) -> tuple[str, ...]:
    """Return where browsers find this installation's own pages, as far as we can know."""
    if not settings.console_port:
        return ()
    scheme = "http" if settings.tls_certificate is None else "https"
    is_here = is_loopback(settings.host) or settings.host in EVERY_ADDRESS
    hosts = LOOPBACK_HOSTS if is_here else (settings.host,)
    return tuple(f"{scheme}://{host}:{settings.console_port}" for host in hosts)


def _gateway_options(settings: Settings, code: str | None) -> Any:
    """Gather what a gateway needs; the first time, trade a code for its token."""
    import trio

    from dispatch.gateway.enrolment import become
    from dispatch.gateway.serve import GatewayOptions
    from dispatch.gateway.trust import OwnCertificate
    from link.enrolment import load

    url = settings.gateway_core_url or _own_core_url(settings)
    own = None
    if settings.gateway_core_url is None and settings.tls_certificate is not None:
        own = OwnCertificate(settings.tls_certificate, url)
    context = None if own is None else own.context
    file = settings.gateway_credentials
    if code is None and file.exists():
        credentials = load(file)
    else:
        code = code or _with_store(settings, _code_for_gateway)
        credentials = trio.run(partial(become, file, url, code, ssl_context=context))
    return GatewayOptions(
        core_url=url,
        credentials=credentials,
        wiring_key=derived_key(installation_secret(settings), Use.WIRING),
        host=settings.gateway_host,
        panel_port=settings.gateway_panel_port,
        button_port=settings.gateway_button_port,
        metrics_port=settings.gateway_metrics_port,
        console_url=settings.gateway_console_url or _console_beside(url, settings.console_port),
        ssl_context=context,
        dial=None if own is None else own.dial,
        trust=None if own is None else own.trust,
    )


def _own_certificate(settings: Settings) -> Any:
    """What the console believes of a core on this machine that speaks TLS."""
    from dispatch.trust import OwnCertificate

    if settings.console_core_url is not None or settings.tls_certificate is None:
        return None
    return OwnCertificate(settings.tls_certificate)


def _push_options(settings: Settings) -> Any:
    """Gather what a push side needs, and have the core know it."""
    from dispatch.gateway.trust import OwnCertificate
    from dispatch.push.serve import PushOptions
    from dispatch.push.vapid import vapid_keys
    from dispatch.store.own_device import introduce
    from link.enrolment import Credentials

    secret = installation_secret(settings)
    token = derived_key(secret, Use.PUSH_TOKEN).hex()
    with suppress(StoreUnavailable):  # without PostgreSQL the core knows it if it ever did
        _with_store(settings, lambda pool: introduce(pool, PUSH_ID, Role.PUSH, token))
    url = _own_core_url(settings)
    own = None
    if settings.tls_certificate is not None:
        own = OwnCertificate(settings.tls_certificate, url)
    return PushOptions(
        core_url=url,
        credentials=Credentials(PUSH_ID, Role.PUSH, token),
        keys=vapid_keys(derived_key(secret, Use.VAPID)),
        contact=settings.push_contact,
        hosts=settings.push_hosts,
        metrics_port=settings.push_metrics_port,
        apns=_apns_options(settings),
        fcm=_fcm_options(settings),
        ssl_context=None if own is None else own.context,
        dial=None if own is None else own.dial,
    )


def _apns_options(settings: Settings) -> Any:
    """What this installation has from Apple, if anything."""
    from dispatch.push.apns.key import KeyUnusable, read_key
    from dispatch.push.apns.provider import ApnsOptions

    if settings.apns_key_file is None:
        return None
    try:
        key = read_key(settings.apns_key_file)
    except KeyUnusable as error:
        _fail(ExitCode.CONFIGURATION, f"apns_key_file: {error}")
    return ApnsOptions(
        key=key,
        key_id=settings.apns_key_id,
        team_id=settings.apns_team_id,
        topics=settings.apns_topics,
        host=settings.apns_host,
        port=settings.apns_port,
        critical=settings.apns_critical,
    )


def _fcm_options(settings: Settings) -> Any:
    """What this installation has from Firebase, if anything."""
    from dispatch.push.fcm.account import AccountUnusable, read_account
    from dispatch.push.fcm.provider import FcmOptions

    if settings.fcm_account_file is None:
        return None
    try:
        return FcmOptions(read_account(settings.fcm_account_file), settings.fcm_url)
    except AccountUnusable as error:
        _fail(ExitCode.CONFIGURATION, f"fcm_account_file: {error}")


def _console_beside(core_url: str, port: int) -> str:
    core = urlsplit(core_url)
    host = core.hostname or ""
    scheme = "https" if core.scheme == "wss" else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _own_core_url(settings: Settings) -> str:
    host = "127.0.0.1" if settings.host in EVERY_ADDRESS else settings.host
    scheme = "ws" if settings.tls_certificate is None else "wss"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.port}{PATH}"


async def _code_for_gateway(pool: Pool) -> str:
    """Let the gateway of this installation take part; it is registered if it is not."""
    try:
        return (await enrolment.issue_codes(pool, [GATEWAY_ID]))[GATEWAY_ID]
    except Refused:
        return await enrolment.issue_code(pool, Device(GATEWAY_ID, Role.GATEWAY, GATEWAY_ID))


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """Yield a DSN: the configured one, or that of the embedded server, run if it does not."""
    if settings.dsn is not None:
        yield settings.dsn.get_secret_value()
        return
    from dispatch.supervise.postgres import embedded_postgres

    with embedded_postgres(settings.postgres_dir) as embedded:
        yield embedded


def _with_store(settings: Settings, work: Callable[[Pool], Awaitable[T]]) -> T:
    async def connected(database: str) -> T:
        async with open_pool(database) as pool:
            await migrate(pool)
            return await work(pool)

    with _database(settings) as database:
        return asyncio.run(connected(database))


@contextmanager
def _blame() -> Iterator[None]:
    """Turn what is not our own fault into one sentence and an exit code. Our bugs stay loud."""
    try:
        yield
    except (ListenError, TlsError, SecretUnusable, CannotListen) as error:
        _fail(ExitCode.CONFIGURATION, str(error))
    except (StoreUnavailable, EmbeddedPostgresError, PostgresMissingError) as error:
        _fail(ExitCode.DATABASE, f"PostgreSQL: {error}. Check with `server.py doctor`.")
    except (Refused, QuadrantFileError, CannotOpen) as error:
        _fail(ExitCode.FAILED, str(error))
    except sqlite3.Error as error:
        _fail(ExitCode.FAILED, f"the journal cannot be read: {error}")
    except (FileNotFoundError, FileExistsError) as error:
        where = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        _fail(ExitCode.FAILED, where)
    except link_errors.ClientError as error:
        _fail(ExitCode.FAILED, f"{error.text.en} {error.advice.en if error.advice else ''}".strip())
    except GaveUpError as error:
        _fail(ExitCode.GAVE_UP, str(error))


def _fail(code: ExitCode, message: str) -> NoReturn:
    err.print(f"cuadrante: {message}")
    raise typer.Exit(int(code))


async def _code_for_known(pool: Pool, device_id: str) -> dict[str, str]:
    try:
        return await enrolment.issue_codes(pool, [device_id])
    except Refused:
        raise Refused(
            f"{device_id} is unknown or revoked: give --role to register it, "
            "and --reinstate to take a revoked one back"
        ) from None


def _new_credentials(
    settings: Settings, account_id: str, *, totp: bool
) -> tuple[str, str | None, bytes | None]:
    """Ask for a password. Returns its hash, and a new secret for one-time passwords and its box."""
    from dispatch.console.access import one_time, passwords

    if sys.stdin.isatty():
        password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    if fault := passwords.fault(password):
        _fail(ExitCode.USAGE, fault)
    with _blame():
        key = derived_key(installation_secret(settings, make=True), Use.TOTP)
    secret = one_time.new_secret() if totp else None
    box = None if secret is None else one_time.sealed(secret, key, account_id)
    return passwords.hashed(password), secret, box


def _show_totp(account_id: str, secret: str | None) -> None:
    """Show what an authenticator scans: to the person at the terminal, once."""
    import segno

    from dispatch.console.access import one_time

    if secret is not None:
        uri = one_time.uri(secret, account_id)
        segno.make(uri).terminal(compact=True)
        sys.stdout.write(f"{uri}\n")


def _spot(at: str, address: str) -> Spot:
    try:
        lat, lon = (float(part) for part in at.split(","))
    except ValueError:
        _fail(ExitCode.USAGE, f"--at takes LAT,LON in degrees, such as 4.65,-74.10, not {at!r}")
    return Spot(lat, lon, address)


def _sealed(file: Path, settings: Settings, device_id: str, role: Role) -> bytes:
    """Read how a device is wired, and seal it."""
    with _blame():
        try:
            wired = read_wiring(file.read_bytes())
        except BadWiring as error:
            _fail(ExitCode.FAILED, f"{file}: {error}")
        if fault := misfit(wired, role):
            _fail(ExitCode.FAILED, f"{file}: {fault}")
        key = derived_key(installation_secret(settings, make=True), Use.WIRING)
        return seal(wired, key, device_id)


def _when(at: datetime | None, never: str = "") -> str:
    return never if at is None else f"{at.astimezone():%Y-%m-%d %H:%M}"


def _write_privately(path: Path, codes: dict[str, str]) -> None:
    text = json.dumps(codes, indent=1) + "\n"
    if str(path) == "-":
        sys.stdout.write(text)
        return
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
    except OSError as error:
        _fail(ExitCode.FAILED, f"cannot write {path}: {error.strerror}; choose another --json")
    sys.stdout.write(f"{len(codes)} codes written to {path}\n")


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, indent=1, default=str, ensure_ascii=False) + "\n")


def _raise_open_files() -> None:
    """A connection is an open file: take as many as the machine allows this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


if __name__ == "__main__":
    app()

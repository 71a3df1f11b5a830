"""Devices: registered, given codes, withdrawn, listed."""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from dispatch.commands.options import A_FILE, AsJson, Config, DataDir
from dispatch.commands.words import blame, fail, out, print_json, settings_of
from dispatch.supervise.exit_codes import ExitCode
from protocol.vocabulary import Role

if TYPE_CHECKING:
    from dispatch.core.registry import Spot
    from dispatch.settings import Settings
    from dispatch.store.enrolment import DeviceRow
    from dispatch.store.pool import Pool


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
    from dispatch.commands.database import with_store
    from dispatch.core.registry import Device
    from dispatch.store import enrolment

    if all_devices == (device_id is not None):
        fail(ExitCode.USAGE, "give the id of one device, or --all")
    decided = (name, quadrant, front, person, at, address, gateway, heartbeat_s, wiring, reinstate)
    if any(decided) and (role is None or device_id is None):
        fail(ExitCode.USAGE, "to register, alter or reinstate a device, give its id and --role")
    if address and at is None:
        fail(ExitCode.USAGE, "an --address stands beside its place: give --at LAT,LON too")
    if as_json is not None and not as_json.absolute().parent.is_dir():
        fail(ExitCode.USAGE, f"there is no directory {as_json.absolute().parent} for --json")
    spot = None if at is None else _spot(at, address)
    settings = settings_of(config, data_dir=data_dir)
    box = None
    if wiring is not None and device_id is not None and role is not None:
        box = _sealed(wiring, settings, device_id, role)

    async def work(pool: "Pool") -> dict[str, str]:
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

    with blame():
        codes = with_store(settings, work)
    if as_json is not None:
        _write_privately(as_json, codes)
    else:
        for each, code in codes.items():
            sys.stdout.write(f"{each}  {code}\n")


def revoke(
    device_id: Annotated[str, typer.Argument(help="Id of the device.")],
    reason: Annotated[str, typer.Option(help="Why, for the record.")],
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Withdraw a device's enrolment; a live connection of it is closed within a second."""
    from dispatch.commands.database import with_store
    from dispatch.store import enrolment

    async def work(pool: "Pool") -> bool:
        return await enrolment.revoke(pool, device_id, reason)

    with blame():
        if not with_store(settings_of(config, data_dir=data_dir), work):
            fail(ExitCode.FAILED, f"there is no device {device_id}; see `server.py devices`")
    sys.stdout.write(f"{device_id} revoked\n")


def reinstate(
    device_id: Annotated[str, typer.Argument(help="Id of the device.")],
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Take a revoked device back as it was, and print a fresh enrolment code for it."""
    from dispatch.commands.database import with_store
    from dispatch.store import enrolment

    async def work(pool: "Pool") -> str | None:
        return await enrolment.reinstate(pool, device_id)

    with blame():
        code = with_store(settings_of(config, data_dir=data_dir), work)
    if code is None:
        fail(ExitCode.FAILED, f"there is no device {device_id}; see `server.py devices`")
    sys.stdout.write(f"{device_id}  {code}\n")


def devices(
    role: Annotated[Role | None, typer.Option(help="Only this role.")] = None,
    front: Annotated[str | None, typer.Option(help="Only this front.")] = None,
    as_json: AsJson = False,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """List the devices and how far each is enrolled."""
    from dispatch.commands.database import with_store
    from dispatch.store import enrolment

    async def work(pool: "Pool") -> "list[DeviceRow]":
        return await enrolment.devices(pool, role=role, front=front)

    with blame():
        rows = with_store(settings_of(config, data_dir=data_dir), work)
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    table = Table("device", "role", "name", "quadrant", "front", "gateway", "wired", "enrolment")
    for row in rows:
        wired = "yes" if row.is_wired else ""
        kit = (row.gateway_id, wired)
        words = (row.device_id, row.role, row.name, row.quadrant, row.front_id, *kit, row.enrolment)
        table.add_row(*(word or "" for word in words))
    out.print(table if rows else "no devices yet: `server.py enrol ID --role app`")


async def _code_for_known(pool: "Pool", device_id: str) -> dict[str, str]:
    from dispatch.store import enrolment
    from dispatch.store.errors import Refused

    try:
        return await enrolment.issue_codes(pool, [device_id])
    except Refused:
        raise Refused(
            f"{device_id} is unknown or revoked: give --role to register it, "
            "and --reinstate to take a revoked one back"
        ) from None


def _spot(at: str, address: str) -> "Spot":
    from dispatch.core.registry import Spot

    try:
        lat, lon = (float(part) for part in at.split(","))
    except ValueError:
        fail(ExitCode.USAGE, f"--at takes LAT,LON in degrees, such as 4.65,-74.10, not {at!r}")
    return Spot(lat, lon, address)


def _sealed(file: Path, settings: "Settings", device_id: str, role: Role) -> bytes:
    """Read how a device is wired, and seal it."""
    from dispatch.secret import Use, derived_key, installation_secret
    from dispatch.wiring import BadWiring, misfit, read_wiring, seal

    with blame():
        try:
            wired = read_wiring(file.read_bytes())
        except BadWiring as error:
            fail(ExitCode.FAILED, f"{file}: {error}")
        if fault := misfit(wired, role):
            fail(ExitCode.FAILED, f"{file}: {fault}")
        key = derived_key(installation_secret(settings, make=True), Use.WIRING)
        return seal(wired, key, device_id)


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
        fail(ExitCode.FAILED, f"cannot write {path}: {error.strerror}; choose another --json")
    sys.stdout.write(f"{len(codes)} codes written to {path}\n")

"""Quadrants, and fronts, people and devices, brought into the registry from files."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dispatch.commands.options import A_FILE, AsJson, Config, DataDir
from dispatch.commands.words import blame, print_json, settings_of

if TYPE_CHECKING:
    from dispatch.store.pool import Pool


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
    from dispatch.commands.database import with_store
    from dispatch.store.import_quadrants import import_quadrants
    from dispatch.store.quadrant_file import read_quadrants

    with blame():
        quadrants = read_quadrants(
            file,
            edition=edition,
            code_field=code_field,
            name_field=name_field,
            station_field=station_field,
            cai_field=cai_field,
            phone_field=phone_field,
        )

        async def work(pool: "Pool") -> Any:
            return await import_quadrants(pool, quadrants, activate=activate, dry_run=dry_run)

        done = with_store(settings_of(config, data_dir=data_dir), work)
    if as_json:
        print_json({"file": quadrants.report.as_dict(), "import": asdict(done)})
    else:
        sys.stdout.write(f"{quadrants.report.as_text()}\n{done.as_text()}\n")


def import_registry_file(
    file: Annotated[Path, typer.Argument(help="JSON with people, fronts and devices.", **A_FILE)],
    as_json: AsJson = False,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Bring fronts, people and devices in, all or nothing; again, it brings them up to date."""
    from dispatch.commands.database import with_store
    from dispatch.secret import Use, derived_key, installation_secret
    from dispatch.store.import_registry import import_registry

    settings = settings_of(config, data_dir=data_dir)
    with blame():
        key = derived_key(installation_secret(settings, make=True), Use.WIRING)

        async def work(pool: "Pool") -> Any:
            return await import_registry(pool, file, key)

        done = with_store(settings, work)
    if as_json:
        print_json(asdict(done))
    else:
        for kind, written in asdict(done).items():
            sys.stdout.write(f"{kind}: {written['items']}, {written['changed']} new or changed\n")

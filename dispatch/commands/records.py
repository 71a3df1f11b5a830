"""What is known of the kit, and what is forgotten of the record."""

import sys
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from dispatch.commands.options import AsJson, Config, DataDir
from dispatch.commands.words import blame, out, print_json, settings_of, when

if TYPE_CHECKING:
    from dispatch.store.kit import KitRow, TroubleRow
    from dispatch.store.pool import Pool


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
    from dispatch.commands.database import with_store
    from dispatch.store.kit import maintenance_list

    async def work(pool: "Pool") -> "list[KitRow]":
        return await maintenance_list(pool, front=front, only_troubled=trouble)

    with blame():
        rows = with_store(settings_of(config, data_dir=data_dir), work)
    if as_json:
        print_json([asdict(row) for row in rows])
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
            *(when(row.last_seen_at, "never"), battery, ", ".join(row.troubles)),
            *(when(row.tested_at), when(row.test_due_at)),
        )
    out.print(table if rows else "nothing to list")


def troubles(
    only_open: Annotated[bool, typer.Option("--open", help="Only those that last.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 1_000,
    as_json: AsJson = False,
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """What is wrong with the kit, and what was, newest first."""
    from dispatch.commands.database import with_store
    from dispatch.store.kit import troubles as list_troubles

    async def work(pool: "Pool") -> "list[TroubleRow]":
        return await list_troubles(pool, limit=limit, only_open=only_open)

    with blame():
        rows = with_store(settings_of(config, data_dir=data_dir), work)
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    table = Table("opened", "closed", "trouble", "device", "name", "front", "last seen")
    for row in rows:
        table.add_row(
            *(when(row.opened_at), when(row.closed_at), row.kind, row.device_id, row.device),
            *(row.front, when(row.last_seen_at, "never")),
        )
    out.print(table if rows else "no troubles")


def forget(
    older_than_days: Annotated[int, typer.Option(help="Alerts closed longer ago than this.")],
    config: Config = None,
    data_dir: DataDir = None,
) -> None:
    """Delete old closed alerts, with their events and pictures, and troubles. Open ones stay."""
    from dispatch.commands.database import with_store
    from dispatch.console.forget_pictures import forget_pictures
    from dispatch.console.shelf import Shelf
    from dispatch.store.forget import forget_alerts

    settings = settings_of(config, data_dir=data_dir)

    async def work(pool: "Pool") -> tuple[int, int]:
        older_than = timedelta(days=older_than_days)
        alerts = await forget_alerts(pool, older_than)
        return alerts, await forget_pictures(pool, Shelf(settings.pictures_folder), older_than)

    with blame():
        alerts, pictures = with_store(settings, work)
    sys.stdout.write(f"{alerts} alerts and {pictures} pictures forgotten\n")

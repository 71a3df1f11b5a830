"""Puts an edition of the quadrants into the registry: whole or not at all."""

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

import orjson
import shapely

from dispatch.core.quadrants import Edition, Quadrant
from dispatch.store.errors import Refused
from dispatch.store.pool import BULK_DEADLINE_S, Connection, Pool, connected
from dispatch.store.quadrant_file import QuadrantFile
from protocol.limits import CODE_CHARS, NAME_CHARS, PHONE_CHARS

BOUNDS: Final = {
    "code": CODE_CHARS,
    "name": NAME_CHARS,
    "station": NAME_CHARS,
    "cai": NAME_CHARS,
    "phone": PHONE_CHARS,
}
"""Characters. The registry's bounds: all of them may stand in one alert."""
COLUMNS: Final = ("code", "name", "station", "cai", "phone", "polygon")
SHOWN: Final = 10

_Row: TypeAlias = tuple[str, str, str, str, str, bytes]


class Imported(StrEnum):
    """What became of the edition."""

    NEW = "new"
    ALREADY_THERE = "already_there"


@dataclass(frozen=True, slots=True)
class StrayPatrol:
    """A patrol whose quadrant the edition does not have: no alert would reach it."""

    device_id: str
    quadrant: str


@dataclass(frozen=True, slots=True)
class EditionImport:
    """What an import did, or would do."""

    edition: str
    imported: Imported
    quadrants: int
    activated: bool
    """It was put in force by this import. False as well when it already was."""
    dry_run: bool
    stray_patrols: tuple[StrayPatrol, ...]
    stray_fronts: tuple[str, ...]
    """Fronts whose registered place lies in no quadrant of the edition."""

    def as_text(self) -> str:
        """For a person."""
        done = "dry run, nothing was changed: " if self.dry_run else ""
        force = "now in force" if self.activated else "not newly put in force"
        there = "new" if self.imported is Imported.NEW else "already there, the same"
        patrols = [f"{stray.device_id} ({stray.quadrant})" for stray in self.stray_patrols]
        return "\n".join(
            [
                f"{done}edition {self.edition} with {self.quadrants:,} quadrants: {there}; {force}",
                _line("patrols whose quadrant it does not have", patrols),
                _line("fronts that lie in none of its quadrants", self.stray_fronts),
            ]
        )


async def import_quadrants(
    pool: Pool,
    quadrant_file: QuadrantFile,
    *,
    name: str = "",
    activate: bool = True,
    dry_run: bool = False,
) -> EditionImport:
    """Import an edition, and put it in force if `activate`; an earlier one can be again.

    The same edition with the same content is not imported twice. A dry run does everything and
    takes it back.

    Raises `Refused` for texts beyond the bounds and for an edition that exists with other content,
    `StoreUnavailable`.
    """
    edition = quadrant_file.edition
    _check_bounds(edition.quadrants)
    rows = await asyncio.to_thread(_rows, edition.quadrants)
    content = _digest(rows)
    async with connected(pool, BULK_DEADLINE_S) as connection:
        with suppress(_DryRun):
            async with connection.transaction():
                known = await _known_content(connection, edition.id)
                if known not in (None, content):
                    raise Refused(
                        f"edition {edition.id} exists with other content, and alerts may name it: "
                        "give this one another id"
                    )
                if known is None:
                    await _insert(connection, quadrant_file, name, content, rows)
                activated = activate and await _activate(connection, edition.id)
                patrols = await _stray_patrols(connection, edition)
                fronts = await _stray_fronts(connection, edition)
                if dry_run:
                    raise _DryRun
    imported = Imported.ALREADY_THERE if known else Imported.NEW
    return EditionImport(
        edition.id, imported, len(edition.quadrants), activated, dry_run, patrols, fronts
    )


class _DryRun(Exception):  # noqa: N818 - rolls a transaction back, no error
    pass


def _line(title: str, found: Sequence[str]) -> str:
    more = ", …" if len(found) > SHOWN else ""
    shown = f": {', '.join(found[:SHOWN])}{more}" if found else ""
    return f"  {title}: {len(found) or 'none'}{shown}"


def _check_bounds(quadrants: Sequence[Quadrant]) -> None:
    if not quadrants:
        raise Refused("an edition without quadrants would leave every press without a patrol")
    long = [
        f"quadrant {quadrant.code[:CODE_CHARS]}: "
        f"{field} has {len(text)} characters, at most {bound}"
        for quadrant in quadrants
        for field, bound in BOUNDS.items()
        if len(text := getattr(quadrant, field)) > bound
    ]
    if long:
        more = f"\n… and {len(long) - SHOWN:,} more" if len(long) > SHOWN else ""
        raise Refused("\n".join(long[:SHOWN]) + more)


def _rows(quadrants: Sequence[Quadrant]) -> list[_Row]:
    return [
        (q.code, q.name, q.station, q.cai, q.phone, shapely.to_wkb(q.polygon, byte_order=1))
        for q in quadrants
    ]


def _digest(rows: Sequence[_Row]) -> bytes:
    """The same on every machine: quadrants are sorted by code, WKB is little-endian."""
    content = hashlib.sha256()
    for *texts, polygon in rows:
        content.update(orjson.dumps(texts))
        content.update(hashlib.sha256(polygon).digest())
    return content.digest()


async def _known_content(connection: Connection, edition_id: str) -> bytes | None:
    known: bytes | None = await connection.fetchval(
        "SELECT content FROM editions WHERE edition_id = $1", edition_id
    )
    return known


async def _insert(
    connection: Connection,
    quadrant_file: QuadrantFile,
    name: str,
    content: bytes,
    rows: Sequence[_Row],
) -> None:
    edition_id = quadrant_file.edition.id
    await connection.execute(
        "INSERT INTO editions (edition_id, name, source_file, content) VALUES ($1, $2, $3, $4)",
        edition_id,
        name,
        quadrant_file.report.file,
        content,
    )
    await connection.copy_records_to_table(
        "quadrants", records=[(edition_id, *row) for row in rows], columns=["edition_id", *COLUMNS]
    )


async def _activate(connection: Connection, edition_id: str) -> bool:
    done = await connection.fetchval(
        """
        INSERT INTO active_edition AS a (edition_id) VALUES ($1)
        ON CONFLICT (only_row) DO UPDATE SET edition_id = excluded.edition_id
        WHERE a.edition_id <> excluded.edition_id
        RETURNING true
        """,
        edition_id,
    )
    return bool(done)


async def _stray_patrols(connection: Connection, edition: Edition) -> tuple[StrayPatrol, ...]:
    rows = await connection.fetch(
        "SELECT device_id, quadrant FROM devices "
        "WHERE quadrant IS NOT NULL AND revoked_at IS NULL ORDER BY device_id"
    )
    return tuple(StrayPatrol(*row) for row in rows if row["quadrant"] not in edition.by_code)


async def _stray_fronts(connection: Connection, edition: Edition) -> tuple[str, ...]:
    rows = await connection.fetch(
        "SELECT front_id, lat, lon FROM fronts WHERE lat IS NOT NULL ORDER BY front_id"
    )
    if not rows:
        return ()
    tree = shapely.STRtree([quadrant.polygon for quadrant in edition.quadrants])
    places = shapely.points([row["lon"] for row in rows], [row["lat"] for row in rows])
    held = set(tree.query(places, predicate="intersects")[0].tolist())
    return tuple(row["front_id"] for at, row in enumerate(rows) if at not in held)

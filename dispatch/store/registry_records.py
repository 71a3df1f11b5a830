"""The registry as people look through it: people, fronts, devices and editions, page by page."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from dispatch.store.enrolment import DeviceRow, device_rows
from dispatch.store.pool import Pool, connected


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody who holds a device, or coordinates a front."""

    person_id: str
    name: str
    phone: str
    false_alarms: int


@dataclass(frozen=True, slots=True)
class FrontRow:
    """A front and its kit."""

    front_id: str
    name: str
    barrio: str
    lat: float | None
    lon: float | None
    address: str
    coordinator_id: str | None
    sirens: int
    cameras: int
    buttons: int
    siren_test_week_min: int | None
    siren_test_lasts_min: int | None


@dataclass(frozen=True, slots=True)
class EditionRow:
    """One import of a whole set of quadrants."""

    edition_id: str
    name: str
    source_file: str
    imported_at: datetime
    quadrants: int
    in_force: bool


@dataclass(frozen=True, slots=True)
class QuadrantRow:
    """A quadrant of the edition in force; `polygon` is WKB, longitude first."""

    edition_id: str
    code: str
    name: str
    station: str
    cai: str
    phone: str
    polygon: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """What is looked for: ids above `after`, and what holds `text` in its id or name."""

    after: str
    text: str
    limit: int


_LIKE: Final = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


async def people(pool: Pool, page: Page) -> list[PersonRow]:
    """List people by id."""
    rows = await _fetch(
        pool,
        """
        SELECT * FROM registry_people
        WHERE person_id > $1 AND ($2 = '' OR person_id ILIKE $2 OR name ILIKE $2)
        ORDER BY person_id LIMIT $3
        """,
        page,
    )
    return [PersonRow(**row) for row in rows]


async def fronts(pool: Pool, page: Page) -> list[FrontRow]:
    """List fronts by id."""
    rows = await _fetch(
        pool,
        """
        SELECT * FROM registry_fronts
        WHERE front_id > $1 AND ($2 = '' OR front_id ILIKE $2 OR name ILIKE $2 OR barrio ILIKE $2)
        ORDER BY front_id LIMIT $3
        """,
        page,
    )
    return [FrontRow(**row) for row in rows]


async def devices(
    pool: Pool,
    page: Page,
    *,
    role: str | None = None,
    front: str | None = None,
    quadrant: str | None = None,
) -> list[DeviceRow]:
    """List devices by id, those of the sessions of the control room left out."""
    async with connected(pool) as connection:
        return await device_rows(
            connection,
            """
            WHERE device_id > $1 AND ($2 = '' OR device_id ILIKE $2 OR name ILIKE $2)
              AND ($4::text IS NULL OR role = $4) AND ($5::text IS NULL OR front_id = $5)
              AND ($6::text IS NULL OR quadrant = $6)
              AND NOT EXISTS (SELECT FROM sessions AS s WHERE s.device_id = devices.device_id)
            ORDER BY device_id LIMIT $3
            """,
            page.after,
            _pattern(page.text),
            page.limit,
            role,
            front,
            quadrant,
        )


async def device(pool: Pool, device_id: str) -> DeviceRow | None:
    """Return one device. None: there is no such device."""
    async with connected(pool) as connection:
        rows = await device_rows(connection, "WHERE device_id = $1", device_id)
    return rows[0] if rows else None


async def editions(pool: Pool) -> list[EditionRow]:
    """List the editions of the quadrants, the newest first."""
    async with connected(pool) as connection:
        rows = await connection.fetch(
            """
            SELECT edition_id, name, source_file, imported_at,
                   (SELECT count(*) FROM quadrants AS q WHERE q.edition_id = e.edition_id)
                       AS quadrants,
                   edition_id = (SELECT a.edition_id FROM active_edition AS a) IS TRUE AS in_force
            FROM editions AS e ORDER BY imported_at DESC, edition_id
            """
        )
    return [EditionRow(**row) for row in rows]


async def edition_in_force(pool: Pool) -> str | None:
    """Return the name of the edition in force. None: there is none yet."""
    async with connected(pool) as connection:
        edition: str | None = await connection.fetchval("SELECT edition_id FROM active_edition")
    return edition


async def quadrants(pool: Pool) -> list[QuadrantRow]:
    """Return all quadrants of the edition in force."""
    async with connected(pool) as connection:
        rows = await connection.fetch("SELECT * FROM registry_quadrants ORDER BY code")
    return [QuadrantRow(**row) for row in rows]


async def remove_person(pool: Pool, person_id: str) -> bool:
    """Remove somebody whom nothing names. Raises `Refused` while something does."""
    return await _remove(pool, "DELETE FROM people WHERE person_id = $1", person_id)


async def remove_front(pool: Pool, front_id: str) -> bool:
    """Remove a front that no device names. Raises `Refused` while one does."""
    return await _remove(pool, "DELETE FROM fronts WHERE front_id = $1", front_id)


async def _remove(pool: Pool, sql: str, id_: str) -> bool:
    async with connected(pool) as connection:
        return await connection.execute(sql, id_) == "DELETE 1"


async def _fetch(pool: Pool, sql: str, page: Page) -> list[Any]:
    async with connected(pool) as connection:
        return await connection.fetch(sql, page.after, _pattern(page.text), page.limit)


def _pattern(text: str) -> str:
    return f"%{text.translate(_LIKE)}%" if text else ""

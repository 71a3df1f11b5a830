"""The city that the bench's devices live in, and its registry.

Senders stand so far apart, and so far from borders, that each of their presses raises an alert of
its own which concerns the two handhelds of one quadrant and nobody else: so what every handheld
must be shown is known beforehand, by geometry that is not the server's own.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import shapely

from bench.failures import TooManySenders
from bench.locate import SEED, made_up_edition
from dispatch.core.credentials import digest
from dispatch.core.quadrants import Edition
from dispatch.store.import_quadrants import import_quadrants
from dispatch.store.import_registry import import_registry
from dispatch.store.migrate import migrate
from dispatch.store.pool import BULK_DEADLINE_S, connected, open_pool
from dispatch.store.quadrant_file import read_quadrants
from protocol.vocabulary import Role

HANDHELDS_PER_QUADRANT: Final = 2
SPOTS_APART_M: Final = 150.0
"""Nearer presses of one kind, within 100 m and what both fixes are unsure of, are one alert."""
FROM_BORDER_M: Final = 30.0
"""Nearer to a border, a neighbouring quadrant's handhelds would be shown the alert as well."""
M_PER_DEG: Final = 111_000.0
CONNECTIONS_MAX: Final = 18_000
"""The server takes 19,000 as it is set up here, and a process may have 20,000 open files."""
MEMBERS_PER_FRONT: Final = 29
"""As in Cali: 25,943 members in 903 fronts."""
FIELDS: Final = {"edition": "bench", "code_field": "CODE", "name_field": "NAME"}
NO_WIRING: Final = bytes(32)
"""The key that would seal how devices are wired; none of these is."""
REGISTRY_ITEMS_MAX: Final = 50_000
"""Of one import."""


class Member(msgspec.Struct, frozen=True):
    """A device as the generator knows it; `number` counts within its kind of device."""

    device_id: str
    role: Role
    number: int
    quadrant: int = -1
    """Index of where a sender stands, or of what a handheld patrols."""
    lat: float = 0.0
    lon: float = 0.0


class City(msgspec.Struct, frozen=True):
    """Who presses, who is shown it, and who is merely connected."""

    edition: Edition
    senders: tuple[Member, ...]
    handhelds: tuple[Member, ...]
    idle: tuple[Member, ...]
    absent: int = 0
    """Devices that are enrolled and never connect."""

    @property
    def members(self) -> tuple[Member, ...]:
        """Everybody who connects."""
        return (*self.senders, *self.handhelds, *self.idle)


def room_for_idle(wanted: int, *, quadrants: int, senders: int) -> tuple[int, list[str]]:
    """How many may be idle beside those who act, and what to say if that is fewer."""
    room = max(0, CONNECTIONS_MAX - quadrants * HANDHELDS_PER_QUADRANT - senders)
    if wanted <= room:
        return wanted, []
    return room, [f"scaled down to {room:,} idle connections: a process may open 20,000 files"]


def plan_city(*, quadrants: int, senders: int, idle: int = 0, absent: int = 0) -> City:
    """Lay out a city, the same each time. Raises `TooManySenders`."""
    edition = made_up_edition(quadrants)
    spots = _spots(edition, senders)
    handhelds = tuple(
        Member(
            f"patrol-{quadrant}-{rank}",
            Role.PATROL,
            quadrant * HANDHELDS_PER_QUADRANT + rank,
            quadrant,
        )
        for quadrant in range(len(edition.quadrants))
        for rank in range(HANDHELDS_PER_QUADRANT)
    )
    return City(
        edition,
        tuple(
            Member(f"sender-{number}", Role.APP, number, quadrant, lat, lon)
            for number, (quadrant, lat, lon) in enumerate(spots)
        ),
        handhelds,
        tuple(Member(f"idle-{number}", Role.APP, number) for number in range(idle)),
        absent,
    )


def _spots(edition: Edition, wanted: int) -> list[tuple[int, float, float]]:
    """Return places in a seeded random order, each with the index of its quadrant."""
    polygons = np.array([quadrant.polygon for quadrant in edition.quadrants], dtype=object)
    west, south, east, north = shapely.total_bounds(polygons)
    step = SPOTS_APART_M / M_PER_DEG
    lon, lat = np.meshgrid(np.arange(west, east, step), np.arange(south, north, step))
    points = shapely.points(lon.ravel(), lat.ravel())
    which, quadrant = shapely.STRtree(polygons).query(points, predicate="within")
    borders = shapely.boundary(polygons)
    away_m = shapely.distance(points[which], borders[quadrant]) * M_PER_DEG
    fit = np.flatnonzero(away_m >= FROM_BORDER_M)
    if wanted > len(fit):
        raise TooManySenders(f"the city has room for {len(fit):,} senders, not {wanted:,}")
    chosen = np.random.default_rng(SEED).permutation(fit)[:wanted]
    return [(int(quadrant[at]), points[which[at]].y, points[which[at]].x) for at in chosen]


def token_of(device_id: str) -> str:
    """The token of a device: generators work it out instead of being handed thousands."""
    return hashlib.sha256(f"bench {device_id}".encode()).hexdigest()


async def enrol_city(dsn: str, city: City, folder: Path) -> None:
    """Bring the quadrants and every device in, each with its token, in bulk.

    What a device would get by trading a code, its token's digest is given at once.
    Raises `StoreUnavailable`, `Refused`.
    """
    async with open_pool(dsn) as pool:
        await migrate(pool)
        await import_quadrants(pool, read_quadrants(_geojson(city, folder), **FIELDS))
        for part, registry in enumerate(_registries(city)):
            path = folder / f"registry-{part}.json"
            path.write_bytes(msgspec.json.encode(registry))
            await import_registry(pool, path, NO_WIRING)
        async with connected(pool, BULK_DEADLINE_S) as connection:
            ids = [row[0] for row in await connection.fetch("SELECT device_id FROM devices")]
            await connection.execute(
                "UPDATE devices AS d SET token_hash = given.hash "
                "FROM unnest($1::text[], $2::bytea[]) AS given (id, hash) WHERE device_id = id",
                ids,
                [digest(token_of(each)) for each in ids],
            )
            await connection.execute("ANALYZE")


def _geojson(city: City, folder: Path) -> Path:
    path = folder / "quadrants.geojson"
    features = [
        {
            "type": "Feature",
            "properties": {"CODE": quadrant.code, "NAME": quadrant.name},
            "geometry": msgspec.Raw(shapely.to_geojson(quadrant.polygon).encode()),
        }
        for quadrant in city.edition.quadrants
    ]
    path.write_bytes(msgspec.json.encode({"type": "FeatureCollection", "features": features}))
    return path


def _registries(city: City) -> Iterator[dict[str, Any]]:
    codes = [quadrant.code for quadrant in city.edition.quadrants]
    yield {
        "devices": [
            {
                "device_id": each.device_id,
                "role": each.role.value,
                "name": f"Patrulla {each.number}",
                "quadrant": codes[each.quadrant],
            }
            for each in city.handhelds
        ]
    }
    others = [
        *city.senders,
        *city.idle,
        *(Member(f"absent-{number}", Role.APP, number) for number in range(city.absent)),
    ]
    for first in range(0, len(others), REGISTRY_ITEMS_MAX):
        yield _neighbours(others[first : first + REGISTRY_ITEMS_MAX], first // MEMBERS_PER_FRONT)


def _neighbours(members: list[Member], first_front: int) -> dict[str, Any]:
    """People with a device and a telephone each, in fronts."""
    registry: dict[str, list[dict[str, Any]]] = {"people": [], "fronts": [], "devices": []}
    for at, each in enumerate(members):
        person = f"person-{each.device_id}"
        front = f"front-{first_front + at // MEMBERS_PER_FRONT}"
        registry["people"].append(
            {"person_id": person, "name": f"Persona de {each.device_id}", "phone": "300 000 0000"}
        )
        if at % MEMBERS_PER_FRONT == 0:
            registry["fronts"].append(
                {
                    "front_id": front,
                    "name": f"Frente de seguridad {first_front + at}",
                    "barrio": "Barrio de prueba",
                    "coordinator_id": person,
                    "sirens": 1,
                    "cameras": 4,
                    "buttons": 1,
                }
            )
        registry["devices"].append(
            {
                "device_id": each.device_id,
                "role": each.role.value,
                "name": f"Celular {each.device_id}",
                "person_id": person,
                "front_id": front if each.role in (Role.APP, Role.BUTTON) else None,
                "spot": {"lat": each.lat, "lon": each.lon} if hangs(each) else None,
            }
        )
    return registry


def hangs(member: Member) -> bool:
    """Whether it is a button on a wall, whose place is registered."""
    return member.role is Role.BUTTON and member.quadrant >= 0

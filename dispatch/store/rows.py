"""Rows of the store as the core's things. Columns come in the order of the `registry_` views."""

from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import asyncpg
import msgspec
import shapely

from dispatch.core.quadrants import Edition, Quadrant
from dispatch.core.registry import Device, Front, Person, SirenTests, Spot
from protocol.messages import PushTarget
from protocol.vocabulary import Role

Row: TypeAlias = asyncpg.Record | tuple[Any, ...]
Thing: TypeAlias = Person | Front | Device

_TARGETS: Final = msgspec.json.Decoder(tuple[PushTarget, ...])
_ROLES = {role.value: role for role in Role}


def person_from(row: Row) -> Person:
    """A row of `registry_people`."""
    person_id, name, phone, false_alarms = row
    return Person(person_id, name, phone, false_alarms)


def front_from(row: Row) -> Front:
    """A row of `registry_fronts`."""
    front_id, name, barrio, lat, lon, address, *kit = row
    coordinator_id, sirens, cameras, buttons, week_min, lasts_min = kit
    spot = _spot(lat, lon, address)
    siren_tests = None if week_min is None else SirenTests(week_min, lasts_min)
    return Front(
        front_id, name, barrio, spot, coordinator_id, sirens, cameras, buttons, siren_tests
    )


def device_from(row: Row) -> Device:
    """A row of `registry_devices`."""
    device_id, role, name, person_id, front_id, quadrant, lat, lon, address, *rest = row
    spot = _spot(lat, lon, address)
    rest[-1] = () if rest[-1] is None else _TARGETS.decode(rest[-1])
    return Device(device_id, _ROLES[role], name, person_id, front_id, quadrant, spot, *rest)


def edition_from(rows: Sequence[Row]) -> Edition | None:
    """All rows of `registry_quadrants`: the edition in force, or None before the first.

    Raises `ValueError` when a code occurs twice, `shapely.GEOSException` for what is no WKB.
    """
    if not rows:
        return None
    polygons = shapely.from_wkb([row[-1] for row in rows])
    quadrants = (
        Quadrant(code, name, station, cai, phone, polygon)
        for (_, code, name, station, cai, phone, _), polygon in zip(rows, polygons, strict=True)
    )
    return Edition(rows[0][0], tuple(quadrants))


def _spot(lat: float | None, lon: float | None, address: str) -> Spot | None:
    return None if lat is None or lon is None else Spot(lat, lon, address)

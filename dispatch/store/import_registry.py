"""Puts people, fronts and devices from a JSON file into the registry: all of them or none.

    {
      "people": [
        {"person_id": "p-ana", "name": "Ana Díaz", "phone": "300 000 0001"}
      ],
      "fronts": [
        {"front_id": "f-manga", "name": "Frente Manga", "barrio": "Manga",
         "spot": {"lat": 10.4130, "lon": -75.5360, "address": "Calle 26 # 18-20"},
         "coordinator_id": "p-ana", "sirens": 1, "cameras": 4, "buttons": 1}
      ],
      "devices": [
        {"device_id": "app-ana", "role": "app", "name": "Celular de Ana",
         "person_id": "p-ana", "front_id": "f-manga"},
        {"device_id": "patrol-12-1", "role": "patrol", "name": "Patrulla 12-1",
         "quadrant": "MECARMNVCCC01E01C03000012"},
        {"device_id": "gateway-1", "role": "gateway", "name": "Pasarela 1"},
        {"device_id": "panel-1", "role": "button", "name": "Panel tienda", "front_id": "f-manga",
         "gateway_id": "gateway-1", "heartbeat_s": 60,
         "wiring": {"protocol": "sia_dc09", "account": "1234"}}
      ]
    }

Each list may be missing. What is in the file is created or brought up to date, what is not stays as
it is; credentials and revocations are never touched, so the same file can be imported again. How a
device is wired (`dispatch.wiring`) is sealed before it leaves this process.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import Meta, Struct

from dispatch.store.errors import Refused
from dispatch.store.pool import BULK_DEADLINE_S, Connection, Pool, connected
from dispatch.wiring import Wiring, misfit, seal
from protocol.limits import ADDRESS_CHARS, CODE_CHARS, NAME_CHARS, PHONE_CHARS
from protocol.messages import DEVICE_ID_PATTERN, Latitude, Longitude
from protocol.vocabulary import Role

FILE_BYTES_MAX: Final = 64 * 1024 * 1024
FAULTS_SHOWN: Final = 10

_PRINTABLE: Final = r"^[^\x00-\x1f\x7f]*$(?!\n)"
Id: TypeAlias = Annotated[str, Meta(pattern=DEVICE_ID_PATTERN)]
Name: TypeAlias = Annotated[
    str, Meta(max_length=NAME_CHARS, pattern=r"^(?=.*\S)[^\x00-\x1f\x7f]*$(?!\n)")
]
Label: TypeAlias = Annotated[str, Meta(max_length=NAME_CHARS, pattern=_PRINTABLE)]
Address: TypeAlias = Annotated[str, Meta(max_length=ADDRESS_CHARS, pattern=_PRINTABLE)]
Phone: TypeAlias = Annotated[str, Meta(max_length=PHONE_CHARS, pattern=_PRINTABLE)]
Code: TypeAlias = Annotated[
    str, Meta(min_length=1, max_length=CODE_CHARS, pattern=r"^(?! )[^\x00-\x1f\x7f]*(?<! )$(?!\n)")
]
Count: TypeAlias = Annotated[int, Meta(ge=0, le=999)]


class SpotItem(Struct, frozen=True, forbid_unknown_fields=True):
    """A registered place."""

    lat: Latitude
    lon: Longitude
    address: Address = ""


class SirenTestsItem(Struct, frozen=True, forbid_unknown_fields=True):
    """The weekly window in which a front tries out its sirens, in Colombia's time."""

    weekday: Annotated[int, Meta(ge=1, le=7, description="1 is Monday (ISO 8601).")]
    at: Annotated[str, Meta(pattern=r"^([01]\d|2[0-3]):[0-5]\d$(?!\n)")]
    minutes: Annotated[int, Meta(ge=1, le=60)] = 15

    @property
    def week_min(self) -> int:
        """Minutes since Monday 00:00."""
        hour, minute = self.at.split(":")
        return ((self.weekday - 1) * 24 + int(hour)) * 60 + int(minute)


class PersonItem(Struct, frozen=True, forbid_unknown_fields=True):
    """One of `people`."""

    person_id: Id
    name: Name
    phone: Phone = ""


class FrontItem(Struct, frozen=True, forbid_unknown_fields=True):
    """One of `fronts`."""

    front_id: Id
    name: Name
    barrio: Label = ""
    spot: SpotItem | None = None
    coordinator_id: Id | None = None
    sirens: Count = 0
    cameras: Count = 0
    buttons: Count = 0
    siren_tests: SirenTestsItem | None = None


class DeviceItem(Struct, frozen=True, forbid_unknown_fields=True):
    """One of `devices`."""

    device_id: Id
    role: Role
    name: Name
    person_id: Id | None = None
    front_id: Id | None = None
    quadrant: Code | None = None
    spot: SpotItem | None = None
    gateway_id: Id | None = None
    heartbeat_s: Annotated[int, Meta(ge=5, le=604_800)] | None = None
    wiring: Wiring | None = None

    def __post_init__(self) -> None:
        if self.role is Role.PATROL and self.quadrant is None:
            raise ValueError("a patrol has a `quadrant`")
        if self.role not in (Role.PATROL, Role.SUPERVISOR) and self.quadrant is not None:
            raise ValueError("only a patrol has a `quadrant`, and a supervisor may")
        if self.wiring is None:
            return
        if self.gateway_id is None:
            raise ValueError("what has `wiring` is behind a gateway: name its `gateway_id`")
        if fault := misfit(self.wiring, self.role):
            raise ValueError(fault)


class RegistryFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    people: list[PersonItem] = []
    fronts: list[FrontItem] = []
    devices: list[DeviceItem] = []


@dataclass(frozen=True, slots=True)
class Written:
    """How many items of one kind the file has, and how many of them were new or different."""

    items: int
    changed: int


@dataclass(frozen=True, slots=True)
class RegistryImport:
    """What an import did."""

    people: Written
    fronts: Written
    devices: Written


async def import_registry(pool: Pool, path: Path | str, key: bytes) -> RegistryImport:
    """Import the file. `key` seals how devices are wired.

    Raises `Refused`, naming the items at fault, `OSError`, `StoreUnavailable`.
    """
    path = Path(path)
    file = await asyncio.to_thread(read_registry, path)
    async with connected(pool, BULK_DEADLINE_S) as connection, connection.transaction():
        await _check_references(connection, path, file)
        return RegistryImport(
            people=await _write(connection, _PEOPLE, file.people),
            fronts=await _write(connection, _FRONTS, [_front_row(item) for item in file.fronts]),
            devices=await _write(
                connection, _DEVICES, [_device_row(item, key) for item in file.devices]
            ),
        )


async def put_items(pool: Pool, items: RegistryFile, key: bytes) -> RegistryImport:
    """Bring a few items in, as an import does; but a device that names no wiring keeps its own.

    Raises `Refused` when they do not go with what is there, `StoreUnavailable`.
    """
    async with connected(pool) as connection, connection.transaction():
        unsaid = [item.device_id for item in items.devices if item.gateway_id and not item.wiring]
        kept = await connection.fetch(
            "SELECT device_id, wiring FROM devices WHERE device_id = ANY($1)", unsaid
        )
        devices = {item.device_id: _device_row(item, key) for item in items.devices}
        for row in kept:
            devices[row["device_id"]]["wiring"] = row["wiring"]
        return RegistryImport(
            people=await _write(connection, _PEOPLE, items.people),
            fronts=await _write(connection, _FRONTS, [_front_row(item) for item in items.fronts]),
            devices=await _write(connection, _DEVICES, list(devices.values())),
        )


def read_registry(path: Path) -> RegistryFile:
    """Read and validate the file. Raises `Refused`, `OSError`."""
    if path.stat().st_size > FILE_BYTES_MAX:
        raise Refused(f"{path}: more than {FILE_BYTES_MAX // 2**20} MiB: split it")
    try:
        file = msgspec.json.decode(path.read_bytes(), type=RegistryFile)
    except msgspec.DecodeError as error:  # names the item, as `$.people[3].name`, not its content
        raise Refused(f"{path}: {error}") from None
    _refuse(path, [*_twice(file)])
    return file


def _twice(file: RegistryFile) -> Iterable[str]:
    for kind, ids in (
        ("people", [item.person_id for item in file.people]),
        ("fronts", [item.front_id for item in file.fronts]),
        ("devices", [item.device_id for item in file.devices]),
    ):
        for id_, times in Counter(ids).items():
            if times > 1:
                yield f"{kind}: {id_} stands there {times} times"


def _refuse(path: Path, faults: Sequence[str]) -> None:
    if faults:
        more = [f"… and {len(faults) - FAULTS_SHOWN:,} more"] if faults[FAULTS_SHOWN:] else []
        raise Refused("\n".join([f"{path} cannot be imported:", *faults[:FAULTS_SHOWN], *more]))


@dataclass(frozen=True, slots=True)
class _Reference:
    """An item of the file names something else, which must be in the file or the registry."""

    item: str
    field: str
    names: str


async def _check_references(connection: Connection, path: Path, file: RegistryFile) -> None:
    people = [
        _Reference(f"fronts[{at}]", "coordinator_id", front.coordinator_id)
        for at, front in enumerate(file.fronts)
        if front.coordinator_id
    ] + _references(file, "person_id")
    known = {item.person_id for item in file.people}
    faults = await _unknown(
        connection, people, known, "SELECT person_id FROM people WHERE person_id = ANY($1)"
    )
    known = {item.front_id for item in file.fronts}
    faults += await _unknown(
        connection,
        _references(file, "front_id"),
        known,
        "SELECT front_id FROM fronts WHERE front_id = ANY($1)",
    )
    known = {item.device_id for item in file.devices if item.role is Role.GATEWAY}
    faults += await _unknown(
        connection,
        _references(file, "gateway_id"),
        known,
        "SELECT device_id FROM devices WHERE device_id = ANY($1) AND role = 'gateway'",
    )
    _refuse(path, faults)


def _references(file: RegistryFile, field: str) -> list[_Reference]:
    return [
        _Reference(f"devices[{at}]", field, names)
        for at, device in enumerate(file.devices)
        if (names := getattr(device, field))
    ]


async def _unknown(
    connection: Connection, references: Sequence[_Reference], in_file: set[str], query: str
) -> list[str]:
    outside = {reference.names for reference in references} - in_file
    known = {row[0] for row in await connection.fetch(query, list(outside))} if outside else set()
    return [
        f"{reference.item}: {reference.field} {reference.names} is neither in the file nor in "
        "the registry"
        for reference in references
        if reference.names in outside - known
    ]


def _front_row(item: FrontItem) -> dict[str, Any]:
    window = item.siren_tests
    return msgspec.structs.asdict(item) | {
        "siren_test_week_min": window and window.week_min,
        "siren_test_lasts_min": window and window.minutes,
    }


def _device_row(item: DeviceItem, key: bytes) -> dict[str, Any]:
    """The item with its wiring sealed (JSON writes the box as base64)."""
    wiring = item.wiring
    return msgspec.structs.asdict(item) | {
        "wiring": None if wiring is None else seal(wiring, key, item.device_id)
    }


async def _write(connection: Connection, query: str, items: Sequence[Any]) -> Written:
    if not items:
        return Written(0, 0)
    changed = await connection.fetchval(query, msgspec.json.encode(items).decode())
    return Written(len(items), changed)


# What is already as it should be is not written, so that it is not announced to the dispatcher.
_PEOPLE: Final = """
    WITH written AS (
        INSERT INTO people AS t (person_id, name, phone)
        SELECT person_id, name, phone
        FROM jsonb_to_recordset($1::jsonb) AS i (person_id text, name text, phone text)
        ON CONFLICT (person_id) DO UPDATE SET name = excluded.name, phone = excluded.phone
        WHERE (t.name, t.phone) IS DISTINCT FROM (excluded.name, excluded.phone)
        RETURNING 1)
    SELECT count(*) FROM written
"""
_FRONTS: Final = """
    WITH written AS (
        INSERT INTO fronts AS t (front_id, name, barrio, lat, lon, address, coordinator_id,
                                 sirens, cameras, buttons,
                                 siren_test_week_min, siren_test_lasts_min)
        SELECT front_id, name, barrio, lat, lon, coalesce(address, ''), coordinator_id,
               sirens, cameras, buttons, siren_test_week_min, siren_test_lasts_min
        FROM jsonb_to_recordset($1::jsonb) AS i (
                 front_id text, name text, barrio text, spot jsonb, coordinator_id text,
                 sirens int, cameras int, buttons int,
                 siren_test_week_min int, siren_test_lasts_min int),
             jsonb_to_record(coalesce(spot, '{}')) AS s (
                 lat float8, lon float8, address text)
        ON CONFLICT (front_id) DO UPDATE SET
            name = excluded.name, barrio = excluded.barrio, lat = excluded.lat,
            lon = excluded.lon, address = excluded.address,
            coordinator_id = excluded.coordinator_id, sirens = excluded.sirens,
            cameras = excluded.cameras, buttons = excluded.buttons,
            siren_test_week_min = excluded.siren_test_week_min,
            siren_test_lasts_min = excluded.siren_test_lasts_min
        WHERE (t.name, t.barrio, t.lat, t.lon, t.address, t.coordinator_id,
               t.sirens, t.cameras, t.buttons, t.siren_test_week_min, t.siren_test_lasts_min)
              IS DISTINCT FROM
              (excluded.name, excluded.barrio, excluded.lat, excluded.lon, excluded.address,
               excluded.coordinator_id, excluded.sirens, excluded.cameras, excluded.buttons,
               excluded.siren_test_week_min, excluded.siren_test_lasts_min)
        RETURNING 1)
    SELECT count(*) FROM written
"""
_DEVICES: Final = """
    WITH written AS (
        INSERT INTO devices AS t (device_id, role, name, person_id, front_id, quadrant,
                                  lat, lon, address, gateway_id, heartbeat_s, wiring)
        SELECT device_id, role, name, person_id, front_id, quadrant,
               lat, lon, coalesce(address, ''), gateway_id, heartbeat_s, decode(wiring, 'base64')
        FROM jsonb_to_recordset($1::jsonb) AS i (
                 device_id text, role text, name text, person_id text, front_id text,
                 quadrant text, spot jsonb, gateway_id text, heartbeat_s int, wiring text),
             jsonb_to_record(coalesce(spot, '{}')) AS s (
                 lat float8, lon float8, address text)
        ON CONFLICT (device_id) DO UPDATE SET
            role = excluded.role, name = excluded.name, person_id = excluded.person_id,
            front_id = excluded.front_id, quadrant = excluded.quadrant, lat = excluded.lat,
            lon = excluded.lon, address = excluded.address, gateway_id = excluded.gateway_id,
            heartbeat_s = excluded.heartbeat_s, wiring = excluded.wiring
        WHERE (t.role, t.name, t.person_id, t.front_id, t.quadrant, t.lat, t.lon, t.address,
               t.gateway_id, t.heartbeat_s, t.wiring)
              IS DISTINCT FROM
              (excluded.role, excluded.name, excluded.person_id, excluded.front_id,
               excluded.quadrant, excluded.lat, excluded.lon, excluded.address,
               excluded.gateway_id, excluded.heartbeat_s, excluded.wiring)
        RETURNING 1)
    SELECT count(*) FROM written
"""

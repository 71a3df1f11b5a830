"""Who lives and works in the demo: the registry file for any set of quadrants.

The file is what `server.py import registry` takes; the simulators read it too, to know which
devices are theirs and where they are.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

import msgspec
from msgspec import Struct

from clients.demo import names
from clients.demo.beats import Beat, downtown_first, moved
from link import private_file
from protocol.vocabulary import Role

VIEW_ID: Final = "control-vista"
"""The operator whose screen is the demo's live view."""
BUTTON_PAGE_ID: Final = "pagina-boton"
HANDHELD_PAGE_ID: Final = "pagina-patrulla"
NOT_SIMULATED: Final = frozenset({VIEW_ID, BUTTON_PAGE_ID, HANDHELD_PAGE_ID})
"""What the demo's own screen, and whoever watches it in a browser, play themselves."""
UNSTAFFED_SHARE: Final = 10
"""One front in so many lies where nobody is on duty, so that neighbours are seen to be called."""
NEAR_HOME_M: Final = 140.0


class Spot(Struct, frozen=True, omit_defaults=True):
    """A registered place."""

    lat: float
    lon: float
    address: str = ""


class Person(Struct, frozen=True, omit_defaults=True):
    """Somebody of a front."""

    person_id: str
    name: str
    phone: str = ""


class Front(Struct, frozen=True, omit_defaults=True):
    """A neighbourhood group with its kit: one siren, four cameras, one button."""

    front_id: str
    name: str
    barrio: str
    spot: Spot
    coordinator_id: str
    sirens: int = 0
    cameras: int = 0
    buttons: int = 0


class Device(Struct, frozen=True, omit_defaults=True):
    """Something that is enrolled."""

    device_id: str
    role: Role
    name: str
    person_id: str | None = None
    front_id: str | None = None
    quadrant: str | None = None
    spot: Spot | None = None
    gateway_id: str | None = None
    wiring: dict[str, Any] | None = None
    """How its gateway speaks with it. The demo's keys are a play's; the file is private all the
    same."""


class Registry(Struct, frozen=True):
    """The whole file."""

    people: list[Person]
    fronts: list[Front]
    devices: list[Device]

    def of(self, *roles: Role) -> list[Device]:
        """Return the devices of some roles, in the file's order."""
        return [device for device in self.devices if device.role in roles]


@dataclass(frozen=True, slots=True)
class Size:
    """How many of each there are. `staffed`: quadrants with handhelds; None: all of them."""

    staffed: int | None = 60
    handhelds: int = 150
    fronts: int = 40
    members: int = 100
    operators: int = 2
    supervisors: int = 1


def cast(beats: list[Beat], size: Size, seed: int = 1) -> Registry:
    """Draw the people, fronts and devices. The same seed gives the same file."""
    draw = Random(seed)  # noqa: S311 (a sample city, no secret)
    inwards = downtown_first(beats)
    staffed = inwards[: size.staffed]
    unstaffed = inwards[len(staffed) :] or staffed
    registry = Registry([], [], [])
    for number in range(size.fronts):
        where = unstaffed if number % UNSTAFFED_SHARE == UNSTAFFED_SHARE - 1 else staffed
        beat = where[number % len(where)] if len(where) <= size.fronts else draw.choice(where)
        _add_front(registry, number, beat, draw)
    for number in range(size.members - size.fronts):
        front = registry.fronts[number % size.fronts]
        _add_member(registry, f"{front.front_id}-{number // size.fronts + 2}", front, draw)
    _add_handhelds(registry, staffed, size.handhelds, draw)
    _add_visitors(registry, unstaffed[0], draw)
    for number in range(size.operators):
        device_id = VIEW_ID if number == 0 else f"control-{number}"
        name = f"Sala de control {number + 1}"
        registry.devices.append(Device(device_id, Role.OPERATOR, name))
    for number in range(size.supervisors):
        name = f"Supervisión {number + 1}"
        registry.devices.append(Device(f"supervision-{number + 1}", Role.SUPERVISOR, name))
    return registry


def write(registry: Registry, path: Path) -> None:
    """Write the registry file."""
    private_file.write(path, msgspec.json.format(msgspec.json.encode(registry), indent=1))


def read(path: Path) -> Registry:
    """Read a registry file that the demo wrote. Raises `OSError`, `msgspec.DecodeError`."""
    return msgspec.json.decode(path.read_bytes(), type=Registry)


def _add_front(registry: Registry, number: int, beat: Beat, draw: Random) -> None:
    barrio = names.barrio(number)
    front_id = f"frente-{number + 1:02}"
    lat, lon = beat.somewhere(draw)
    spot = Spot(round(lat, 6), round(lon, 6), names.address(draw))
    front = Front(front_id, f"Frente {barrio}", barrio, spot, f"{front_id}-1", 1, 4, 1)
    registry.fronts.append(front)
    _add_member(registry, f"{front_id}-1", front, draw)
    button = Device(
        f"boton-{front_id}",
        Role.BUTTON,
        f"Botón {barrio}",
        front_id=front_id,
        spot=spot,
    )
    registry.devices.append(button)


def _add_member(registry: Registry, person_id: str, front: Front, draw: Random) -> None:
    name = names.person(draw)
    phone = f"+57000{len(registry.people):07}"
    registry.people.append(Person(person_id, name, phone))
    lat, lon = moved(
        front.spot.lat,
        front.spot.lon,
        draw.uniform(-NEAR_HOME_M, NEAR_HOME_M),
        draw.uniform(-NEAR_HOME_M, NEAR_HOME_M),
    )
    home = Spot(round(lat, 6), round(lon, 6), names.address(draw))
    app = Device(
        f"app-{person_id}", Role.APP, f"Celular de {name}", person_id, front.front_id, spot=home
    )
    registry.devices.append(app)


def _add_visitors(registry: Registry, beat: Beat, draw: Random) -> None:
    """Give whoever watches in a browser a button and a handheld, where nobody else answers if that
    can be: theirs is the answer."""
    front_id = "frente-visitantes"
    lat, lon = beat.somewhere(draw)
    spot = Spot(round(lat, 6), round(lon, 6), names.address(draw))
    registry.people.append(Person("visitante", "Visitante", f"+57000{len(registry.people):07}"))
    registry.fronts.append(Front(front_id, "Frente Visitantes", "", spot, "visitante"))
    button = Device(
        *(BUTTON_PAGE_ID, Role.APP, "Botón en el navegador", "visitante", front_id), spot=spot
    )
    patrol = Device(HANDHELD_PAGE_ID, Role.PATROL, "Patrulla Visitante", quadrant=beat.code)
    registry.devices.extend((button, patrol))


def _add_handhelds(registry: Registry, staffed: list[Beat], count: int, draw: Random) -> None:
    for number in range(count):
        turn, at = divmod(number, len(staffed))
        beat = staffed[at]
        patrol = Device(
            f"patrulla-{beat.code}-{turn + 1}",
            Role.PATROL,
            f"{names.officer(draw)} {beat.name.split()[-1]}-{turn + 1}",
            quadrant=beat.code,
        )
        registry.devices.append(patrol)

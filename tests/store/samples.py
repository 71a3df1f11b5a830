"""A few quadrants, people and devices, and short ways to put them into a database."""

import json
from pathlib import Path
from typing import Any

import shapely

from dispatch.core.quadrants import Edition, Quadrant
from dispatch.core.registry import Device, Front, Person, Spot
from dispatch.store.import_quadrants import import_quadrants
from dispatch.store.import_registry import import_registry
from dispatch.store.pool import Pool
from dispatch.store.quadrant_file import QuadrantFile
from dispatch.store.quadrant_report import Report
from protocol.vocabulary import Role

KEY = bytes(range(64))
ANA = Person("p-ana", "Ana Díaz", "300 000 0001")
FRONT = Front(
    "f-manga",
    "Frente Manga",
    "Manga",
    Spot(10.413, -75.536, "Calle 26 # 18-20"),
    "p-ana",
    sirens=1,
    cameras=4,
    buttons=2,
)
APP = Device("app-ana", Role.APP, "Celular de Ana", person_id="p-ana", front_id="f-manga")
PATROL = Device("patrol-1", Role.PATROL, "Patrulla 1", quadrant="Q-01")
GATEWAY = Device("gateway-1", Role.GATEWAY, "Pasarela 1")
BUTTON = Device(
    "button-1",
    Role.BUTTON,
    "Botón tienda",
    front_id="f-manga",
    spot=Spot(10.414, -75.537, "Tienda"),
    gateway_id="gateway-1",
)

REGISTRY: dict[str, list[dict[str, Any]]] = {
    "people": [{"person_id": "p-ana", "name": "Ana Díaz", "phone": "300 000 0001"}],
    "fronts": [
        {
            "front_id": "f-manga",
            "name": "Frente Manga",
            "barrio": "Manga",
            "spot": {"lat": 10.413, "lon": -75.536, "address": "Calle 26 # 18-20"},
            "coordinator_id": "p-ana",
            "sirens": 1,
            "cameras": 4,
            "buttons": 2,
        }
    ],
    "devices": [
        {
            "device_id": "button-1",
            "role": "button",
            "name": "Botón tienda",
            "front_id": "f-manga",
            "spot": {"lat": 10.414, "lon": -75.537, "address": "Tienda"},
            "gateway_id": "gateway-1",
        },
        {"device_id": "gateway-1", "role": "gateway", "name": "Pasarela 1"},
        {
            "device_id": "app-ana",
            "role": "app",
            "name": "Celular de Ana",
            "person_id": "p-ana",
            "front_id": "f-manga",
        },
        {"device_id": "patrol-1", "role": "patrol", "name": "Patrulla 1", "quadrant": "Q-01"},
    ],
}


def written(tmp_path: Path, registry: Any = REGISTRY) -> Path:
    """A registry file."""
    path = tmp_path / "registry.json"
    path.write_text(json.dumps(registry), "utf-8")
    return path


async def fill(pool: Pool, tmp_path: Path) -> None:
    """Put the samples into the registry."""
    await import_registry(pool, written(tmp_path), KEY)


def quadrant(code: str, west: float, south: float, **texts: str) -> Quadrant:
    """A square of about 1 km."""
    said = {"name": f"Cuadrante {code}", "station": "Centro", "cai": "Manga", "phone": "123"}
    return Quadrant(
        code=code, polygon=shapely.box(west, south, west + 0.01, south + 0.01), **(said | texts)
    )


def quadrant_file(edition: str, *quadrants: Quadrant) -> QuadrantFile:
    """As if a file had been read."""
    report = Report(
        file=f"{edition}.geojson",
        edition=edition,
        crs="EPSG:4326",
        features=len(quadrants),
        quadrants=len(quadrants),
        vertices=5 * len(quadrants),
        area_m2=1e6,
        cleaned=(),
        repairs=(),
        merged=(),
        same_place=(),
        overlaps=(),
        gaps=(),
        warnings=(),
    )
    return QuadrantFile(Edition(edition, quadrants), report)


EDITION_1 = quadrant_file("2024", quadrant("Q-01", -75.54, 10.41), quadrant("Q-02", -75.53, 10.41))
EDITION_2 = quadrant_file("2025", quadrant("Q-02", -75.54, 10.41), quadrant("Q-03", -75.53, 10.41))


async def activate(pool: Pool, file: QuadrantFile) -> None:
    """Put an edition in force."""
    await import_quadrants(pool, file)

"""Invented names for the demo's people and places, put together from lists by a seeded draw."""

from random import Random
from typing import Final

STATIONS: Final = (
    "LA MARISMA",
    "CERRO BLANCO",
    "PUERTO VIEJO",
    "LAS GARZAS",
    "EL TAMARINDO",
    "BOCA DEL RÍO",
)
CAIS: Final = tuple(
    f"{what} {which}"
    for what in ("LOMA", "PLAZA", "ALTOS DE", "PLAYA", "PUENTE", "MIRADOR DE")
    for which in ("CARACOLÍ", "LAS IGUANAS", "ALCATRAZ", "SAN TELMO")
)
"""Four for each station."""

_BARRIO_KINDS: Final = ("Villa", "Altos de", "Ciudadela", "Urbanización", "Loma de", "Portal de")
_BARRIO_NAMES: Final = (
    "los Almendros",
    "Manglares",
    "la Ceiba",
    "Coralina",
    "los Trupillos",
    "la Brisa",
    "Santa Marisma",
    "los Pelícanos",
)
_FIRST: Final = (
    "Adriana",
    "Brenda",
    "Carmela",
    "Danilo",
    "Edilma",
    "Fabio",
    "Gloria",
    "Hernán",
    "Inés",
    "Jairo",
    "Karina",
    "Leonel",
    "Marina",
    "Néstor",
    "Olga",
    "Plinio",
    "Rosalba",
    "Samuel",
    "Teresa",
    "Ulises",
    "Viviana",
    "Wilmer",
    "Yaneth",
    "Zoraida",
)
_LAST: Final = (
    "Almarza",
    "Bermejal",
    "Cantillón",
    "Durangueño",
    "Espinalba",
    "Florindo",
    "Galvizar",
    "Herralde",
    "Iriarteche",
    "Jurandir",
    "Lozadal",
    "Manjarrezo",
    "Navarrico",
    "Olivarte",
    "Pradillas",
    "Quintanero",
    "Robledal",
    "Sandovín",
    "Tordillo",
    "Urquizal",
    "Valderrico",
    "Zuletano",
)
_RANKS: Final = ("Patrullero", "Patrullera", "Subintendente", "Intendente")
_CALLE: Final = ("Calle", "Carrera", "Transversal", "Diagonal")


def barrio(number: int) -> str:
    """Return the name of barrio `number`; the first 48 are all different."""
    kinds = len(_BARRIO_KINDS)
    name = _BARRIO_NAMES[number // kinds % len(_BARRIO_NAMES)]
    return f"{_BARRIO_KINDS[number % kinds]} {name}"


def person(draw: Random) -> str:
    """Draw a first name and two surnames."""
    return f"{draw.choice(_FIRST)} {draw.choice(_LAST)} {draw.choice(_LAST)}"


def officer(draw: Random) -> str:
    """Draw a rank and a surname."""
    return f"{draw.choice(_RANKS)} {draw.choice(_LAST)}"


def address(draw: Random) -> str:
    """Draw a street address."""
    return (
        f"{draw.choice(_CALLE)} {draw.randint(1, 90)} "
        f"# {draw.randint(1, 80)}-{draw.randint(1, 99):02}"
    )

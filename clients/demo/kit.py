"""The kit of one front as real hardware: a panel, a home-made button, a siren, four cameras.

Each is a process of its own, and all are behind the gateway that the server brings along. What the
other fronts have is counted only; this one's can be heard and seen.
"""

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Final

from msgspec.structs import replace

from clients.demo import cast
from protocol.vocabulary import Role

GATEWAY_ID: Final = "gateway-local"
"""As the server names its own."""
CAMERAS: Final = 4
PANEL_ACCOUNT: Final = "C0DE01"
PANEL_KEY_BYTES: Final = 16
BUTTON_KEY_BYTES: Final = 32

Wiring = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Piece:
    """Something of the kit that a stand-in plays, and the stand-in's command line."""

    device_id: str
    role: Role
    name: str
    stand_in: tuple[str, ...]


def pieces(front: cast.Front) -> list[Piece]:
    """Return what must hang on the wall before its address can be registered."""
    siren = Piece(f"sirena-{front.front_id}", Role.SIREN, f"Sirena {front.barrio}", ("relay",))
    cameras = [
        Piece(
            f"camara-{front.front_id}-{number}",
            Role.CAMERA,
            f"Cámara {number}",
            ("camera", "--name", f"Cámara {number}"),
        )
        for number in range(1, CAMERAS + 1)
    ]
    return [siren, *cameras]


def hang(registry_file: Path, wirings: dict[str, Wiring], seed: int) -> None:
    """Add the kit of the first front to the registry's file: `wirings` of its pieces, by device."""
    registry = cast.read(registry_file)
    front = registry.fronts[0]
    draw = Random(f"{seed}:kit")  # noqa: S311 - the keys of a play, no secret
    behind = cast.Device(
        "", Role.BUTTON, "", front_id=front.front_id, spot=front.spot, gateway_id=GATEWAY_ID
    )
    registry.devices.append(
        replace(
            behind,
            device_id=panel_id(front),
            name=f"Panel {front.barrio}",
            wiring={
                "protocol": "sia_dc09",
                "account": PANEL_ACCOUNT,
                "key_hex": draw.randbytes(PANEL_KEY_BYTES).hex(),
            },
        )
    )
    registry.devices.append(
        replace(
            behind,
            device_id=button_id(front),
            name=f"Botón casero {front.barrio}",
            wiring={"protocol": "button", "key_hex": draw.randbytes(BUTTON_KEY_BYTES).hex()},
        )
    )
    registry.devices.extend(
        replace(
            behind,
            device_id=piece.device_id,
            role=piece.role,
            name=piece.name,
            spot=None,
            wiring=wirings[piece.device_id],
        )
        for piece in pieces(front)
    )
    cast.write(registry, registry_file)


def panel_id(front: cast.Front) -> str:
    """Return the id of a front's panel."""
    return f"panel-{front.front_id}"


def button_id(front: cast.Front) -> str:
    """Return the id of a front's home-made button."""
    return f"boton-casero-{front.front_id}"

"""The options that the clients' command lines share, and what is made of them."""

import math
import ssl
from pathlib import Path
from typing import Annotated, Final

import typer

from link.enrolment import Credentials, load
from link.errors import CredentialsError
from protocol.messages import Position, Text
from protocol.vocabulary import Role

DEFAULT_SERVER: Final = "ws://127.0.0.1:7310/v1"
MODULE: Final = {
    Role.APP: "clients.app",
    Role.BUTTON: "clients.button",
    Role.PATROL: "clients.patrol",
    Role.SIREN: "clients.siren",
    Role.OPERATOR: "clients.operator",
    Role.SUPERVISOR: "clients.operator",
}

ServerOption = Annotated[
    str,
    typer.Option(
        "--server", envvar="CUADRANTE_SERVER", help="Dirección del servidor · Server's address."
    ),
]
CredentialsOption = Annotated[
    Path | None,
    typer.Option(
        "--credentials",
        help="Archivo de credenciales · Credentials file. [~/.config/cuadrante/ROLE.json]",
        show_default=False,
    ),
]
CaOption = Annotated[
    Path | None,
    typer.Option(
        "--ca",
        help="Certificado de la autoridad, si no es pública · Private authority's certificate.",
        exists=True,
        dir_okay=False,
        show_default=False,
    ),
]
TimeoutOption = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        min=0,
        help="Segundos de espera; sin ella, hasta Ctrl-C · Seconds to wait; default: no end.",
        show_default=False,
    ),
]


def credentials_path(given: Path | None, role: Role) -> Path:
    """Return the credentials file: the one given, or the role's own."""
    return given or Path.home() / ".config" / "cuadrante" / f"{role}.json"


def credentials_for(given: Path | None, *roles: Role) -> Credentials:
    """Load the credentials. Raises `CredentialsError`, also if they are for another role."""
    path = credentials_path(given, roles[0])
    credentials = load(path)
    check_role(credentials, roles)
    return credentials


def check_role(credentials: Credentials, roles: tuple[Role, ...]) -> None:
    """Raise `CredentialsError` unless the device has one of `roles`."""
    if credentials.role not in roles:
        module = MODULE.get(credentials.role, "")
        raise CredentialsError(
            Text(
                f"Este dispositivo es «{credentials.role}», no «{roles[0]}».",
                f"This device is “{credentials.role}”, not “{roles[0]}”.",
            ),
            Text(f"Use: python -m {module} …", f"Use: python -m {module} …") if module else None,
        )


def outbox_path(credentials: Path) -> Path:
    """Return where unanswered presses are kept: beside the credentials."""
    return credentials.with_suffix(".outbox.json")


def ssl_context(ca: Path | None) -> ssl.SSLContext | None:
    """Trust the system's authorities (None), or the one given."""
    if ca is None:
        return None
    try:
        return ssl.create_default_context(cafile=str(ca))
    except (ssl.SSLError, OSError) as error:
        raise typer.BadParameter(f"{ca} no es un certificado · is no certificate") from error


def parse_at(text: str | None, accuracy_m: float | None, age_s: float | None) -> Position | None:
    """Read `LAT,LON` in degrees. Raises `typer.BadParameter`."""
    if text is None:
        return None
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError:
        lat = lon = math.nan
    if not (abs(lat) <= 90 and abs(lon) <= 180):
        raise typer.BadParameter(
            f"--at «{text}»: escriba LAT,LON · write LAT,LON, such as 4.65,-74.10"
        )
    return Position(lat=lat, lon=lon, accuracy_m=accuracy_m, age_s=age_s)

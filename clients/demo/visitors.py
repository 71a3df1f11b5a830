"""Whoever watches the demo takes part in it: links that make a browser a button or a handheld, and
an account of its control room."""

import secrets
from pathlib import Path
from types import MappingProxyType
from typing import Final

import trio

from clients.demo.backstage import HOST, DemoFailed, command
from clients.demo.cast import BUTTON_PAGE_ID, HANDHELD_PAGE_ID

PAGES: Final = MappingProxyType(
    {
        BUTTON_PAGE_ID: ("boton", "botón de pánico · panic button"),
        HANDHELD_PAGE_ID: ("patrulla", "patrulla · handheld"),
    }
)
"""Each device that is a page: where it is found, and what people call it."""


ACCOUNT_ID: Final = "visita"
ROOM: Final = "sala de control · control room"
PASSWORD_BYTES: Final = 12


async def invite(directory: Path, console_port: int) -> list[str]:
    """Return a line for each page: with a fresh one-time code in its address, or a password.

    The code stands behind the `#`, which browsers send to no server. The password is of this run,
    and is said nowhere else. Raises `DemoFailed`.
    """
    codes: dict[str, str] = {}
    password = secrets.token_urlsafe(PASSWORD_BYTES)

    async def fetch(device_id: str) -> None:
        codes[device_id] = (await command(directory, "enrol", device_id)).split()[-1]

    async with trio.open_nursery() as nursery:
        for device_id in PAGES:
            nursery.start_soon(fetch, device_id)
        nursery.start_soon(_open_account, directory, password)
    site = f"http://{HOST}:{console_port}"
    return [
        *(
            f"{name}: {site}/{page}#code={codes[device_id]}"
            for device_id, (page, name) in PAGES.items()
        ),
        f"{ROOM}: {site}/sala  cuenta · account: {ACCOUNT_ID}, contraseña · password: {password}",
    ]


async def _open_account(directory: Path, password: str) -> None:
    """Have an account with this password; one of an earlier run is given it, and logged out."""
    new = ("--name", "Visita", "--role", "administrator")
    try:
        await command(directory, "account", "add", ACCOUNT_ID, *new, typed=password)
    except DemoFailed:
        await command(directory, "account", "passwd", ACCOUNT_ID, typed=password)

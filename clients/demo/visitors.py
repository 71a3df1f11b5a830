"""Whoever watches the demo takes part in it: links that make a browser a button or a handheld."""

from pathlib import Path
from types import MappingProxyType
from typing import Final

import trio

from clients.demo.backstage import HOST, command
from clients.demo.cast import BUTTON_PAGE_ID, HANDHELD_PAGE_ID

PAGES: Final = MappingProxyType(
    {
        BUTTON_PAGE_ID: ("boton", "botón de pánico · panic button"),
        HANDHELD_PAGE_ID: ("patrulla", "patrulla · handheld"),
    }
)
"""Each device that is a page: where it is found, and what people call it."""


async def invite(directory: Path, console_port: int) -> list[str]:
    """Return a line for each page, with a fresh one-time code in its address.

    The code stands behind the `#`, which browsers send to no server. Raises `DemoFailed`.
    """
    codes: dict[str, str] = {}

    async def fetch(device_id: str) -> None:
        codes[device_id] = (await command(directory, "enrol", device_id)).split()[-1]

    async with trio.open_nursery() as nursery:
        for device_id in PAGES:
            nursery.start_soon(fetch, device_id)
    return [
        f"{name}: http://{HOST}:{console_port}/{page}#code={codes[device_id]}"
        for device_id, (page, name) in PAGES.items()
    ]

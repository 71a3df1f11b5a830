"""An installation with a gateway and many alarm panels, as a run before would have left it."""

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from bench.locate import made_up_edition
from dispatch.core.credentials import digest
from dispatch.core.locate import Locator
from dispatch.core.registry import Device, Registry, Spot
from dispatch.secret import Use, derived_key
from dispatch.settings import PREFIX, Settings
from dispatch.store.mark import Mark
from dispatch.store.registry_copy import RegistryCopy
from dispatch.wiring import SiaDc09, seal
from link.enrolment import Credentials
from protocol.messages import Position
from protocol.vocabulary import Role

SERVER: Final = Path(__file__).resolve().parents[1] / "server.py"
HOST: Final = "127.0.0.1"
DEAD_DSN: Final = "postgresql://nobody@127.0.0.1:1/none"
TOKEN: Final = "bench-token"  # noqa: S105 - of a made-up city
SECRET: Final = "bench-secret-of-a-made-up-city-and-no-other"  # noqa: S105
GATEWAY: Final = "gateway-local"
PATROL: Final = "patrol"
APP: Final = "app"
PATIENCE_S: Final = 20.0
LAST_WORDS_BYTES: Final = 1_000


class Failed(Exception):  # noqa: N818 - it is shown as a sentence
    """The bench cannot measure; the message says why."""


def settings(folder: Path) -> Settings:
    """Free ports, a secret of its own, and no PostgreSQL."""
    with (
        socket.create_server((HOST, 0)) as core,
        socket.create_server((HOST, 0)) as panels,
        socket.create_server((HOST, 0)) as metrics,
    ):
        port, panel_port, metrics_port = (each.getsockname()[1] for each in (core, panels, metrics))
    return Settings.model_validate(
        {
            "data_dir": folder / "var",
            "dsn": DEAD_DSN,
            "secret": SECRET,
            "port": port,
            "gateway_panel_port": panel_port,
            "gateway_button_port": 0,
            "gateway_metrics_port": metrics_port,
        }
    )


def prepare(prepared: Settings, panels: int) -> Position:
    """Write what an installation that ran would have left. Returns where all presses are."""
    edition = made_up_edition()
    quadrant = edition.quadrants[0]
    inside = quadrant.polygon.representative_point()
    spot = Spot(inside.y, inside.x, "Calle 1 # 2-3")
    key = derived_key(SECRET, Use.WIRING)
    token = digest(TOKEN)
    devices = [
        Device(PATROL, Role.PATROL, "Patrulla", quadrant=quadrant.code, token_hash=token),
        Device(APP, Role.APP, "Ana", token_hash=token),
        Device(GATEWAY, Role.GATEWAY, "Central", token_hash=token),
    ]
    for number in range(panels):
        device_id = f"panel-{number}"
        wiring = seal(SiaDc09(account(number)), key, device_id)
        devices.append(
            Device(
                device_id,
                Role.BUTTON,
                f"Panel {number}",
                spot=spot,
                gateway_id=GATEWAY,
                wiring=wiring,
            )
        )
    registry = Registry(Locator(edition), devices)
    asyncio.run(RegistryCopy(prepared.registry_folder, registry, Mark(1, 1)).save())
    Credentials(GATEWAY, Role.GATEWAY, TOKEN).save(prepared.gateway_credentials)
    return Position(lat=spot.lat, lon=spot.lon, accuracy_m=5)


def account(number: int) -> str:
    """Return the account of a panel."""
    return f"{0xA0000 + number:X}"


@contextmanager
def running(prepared: Settings, command: str) -> Iterator[int]:
    """Run one process of the installation; yields its id."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(PREFIX)},
        **prepared.as_environment(),
    }
    port = prepared.port if command == "core" else prepared.gateway_metrics_port
    prepared.data_dir.mkdir(parents=True, exist_ok=True)
    with (prepared.data_dir / f"{command}.log").open("w+b") as log:
        argv = [sys.executable, str(SERVER), command]
        with subprocess.Popen(argv, env=environment, stderr=log) as process:
            try:
                _wait_for(port, log, process)
                yield process.pid
            finally:
                process.kill()


def _wait_for(port: int, log: IO[bytes], process: "subprocess.Popen[bytes]") -> None:
    give_up_at_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at_s and process.poll() is None:
        try:
            socket.create_connection((HOST, port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise Failed(f"nothing listens on port {port}; see the end of what it said: {_last(log)}")


def _last(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read()[-LAST_WORDS_BYTES:].decode(errors="replace")

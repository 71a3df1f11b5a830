"""The kit of a front behind the gateway that `server.py run` brings along: panels and buttons."""

import json
from typing import Any, Final

from clients.panel import Panel, Transport
from tests.live.program import Area, Program

GATEWAY: Final = "gateway-local"
HOST: Final = "127.0.0.1"
KEY: Final = bytes(range(16))
BUTTON_KEY: Final = bytes(range(32))
ATTEMPT_S: Final = 5.0
ATTEMPTS: Final = 8


def panel_id(area: Area) -> str:
    return f"panel-{area.name}"


def sealed_panel_id(area: Area) -> str:
    return f"sealed-{area.name}"


def wall_button_id(area: Area) -> str:
    return f"wall-{area.name}"


def account(area: Area) -> str:
    return f"10{area.name}"


def sealed_account(area: Area) -> str:
    return f"20{area.name}"


def behind(area: Area) -> list[dict[str, Any]]:
    """A panel in clear, one with a key, and a home-made button, as the registry's file has them."""
    spot = {"lat": area.spot().lat, "lon": area.spot().lon, "address": "Calle 1 # 2-3"}
    wirings: dict[str, dict[str, Any]] = {
        panel_id(area): {"protocol": "sia_dc09", "account": account(area)},
        sealed_panel_id(area): {
            "protocol": "sia_dc09",
            "account": sealed_account(area),
            "key_hex": KEY.hex(),
        },
        wall_button_id(area): {"protocol": "button", "key_hex": BUTTON_KEY.hex()},
    }
    return [
        {
            "device_id": device_id,
            "role": "button",
            "name": device_id,
            "spot": spot,
            "gateway_id": GATEWAY,
            "wiring": wiring,
        }
        for device_id, wiring in wirings.items()
    ]


def bring_in(program: Program, devices: list[dict[str, Any]]) -> None:
    """Import devices, and return when the registry has them."""
    file = program.home / "kit.json"
    file.write_text(json.dumps({"devices": devices}))
    program.command("import", "registry", str(file))


def ports(program: Program, since: int = 0) -> dict[str, int]:
    """The gateway's ports: `panels`, `buttons`, `metrics`."""
    return dict(program.wait_ready("gateway", since)["details"])


def panel(port: int, account: str, **options: Any) -> Panel:
    """An honest panel: it sends again what is not answered."""
    options = {"reply_deadline_s": ATTEMPT_S, "attempts": ATTEMPTS, **options}
    return Panel(HOST, port, account, **options)


TRANSPORTS: Final = tuple(Transport)

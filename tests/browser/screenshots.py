"""`python -m tests.browser.screenshots`: the pictures of the pages in `docs/`, from a real press.

One front of an invented city with its kit: a siren and four cameras that are stand-ins.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

from playwright.sync_api import Page, expect

from clients.demo.beats import Beat, downtown_first, read_beats
from clients.demo.city import sample_city
from protocol.messages import Position
from tests.browser.stage import DESKTOP, PASSWORD, PHONE, Stage, call_of, chromium, press
from tests.live.kit import GATEWAY
from tests.live.program import Program

DOCS: Final = Path(__file__).parents[2] / "docs"
APP, PATROL, OPERATOR = "marta", "patrulla-43-a", "eva"
FRONT: Final = "frente-lucero"
FIELDS: Final = ("--code-field", "PCUNCUADRA", "--name-field", "PCUDESCRIP")


def main() -> None:
    """Take every picture anew."""
    DOCS.mkdir(exist_ok=True)
    with ExitStack() as stack:
        browser = stack.enter_context(chromium())
        program = stack.enter_context(Program())
        spot = settle(program, stack)
        stage = Stage(browser, program)
        for size, name in ((PHONE, "phone"), (DESKTOP, "desktop")):
            tell(f"{name} …")
            take_all(stage, spot, size, name)
        stage.close()
    tell(f"{DOCS}: " + ", ".join(sorted(path.name for path in DOCS.glob("*.png"))))


def take_all(stage: Stage, spot: Position, size: dict[str, int], name: str) -> None:
    """One emergency, from the press to its end, as both sides see it."""
    ready = stage.program.command
    for device_id in (APP, PATROL):
        stage.program.codes[device_id] = ready("enrol", device_id).split()[-1]
    patrol = stage.handheld(PATROL, size=size)
    marta = stage.button(APP, spot, size=size)
    room = stage.room(OPERATOR, size)
    take(marta, f"boton-{name}")
    press(marta)
    expect(call_of(marta)).to_contain_text("Entregada a 1")
    expect(patrol.locator(".pictures img")).to_have_count(4)
    expect(patrol.locator(".siren[data-state=sounding]")).to_be_visible()
    take(patrol, f"patrulla-{name}")
    room.locator(".queue-row").click()
    expect(room.locator(".pictures img")).to_have_count(4)
    expect(room.locator("#story li").first).to_be_visible()
    take(room, f"sala-{name}")
    if size == PHONE:
        patrol.locator(".pictures").scroll_into_view_if_needed()
        take(patrol, f"patrulla-kit-{name}")
    patrol.get_by_role("button", name="5 min", exact=True).click()
    expect(call_of(marta)).to_contain_text("llega en 5 min")
    take(marta, f"boton-call-{name}")
    patrol.get_by_role("button", name="Llegué al sitio").click()
    patrol.get_by_role("button", name="Cerrar la alerta").click()
    patrol.get_by_role("button", name="Cerrar", exact=True).click()
    expect(call_of(marta)).to_contain_text("Cerrada")
    for page in (patrol, marta, room):
        page.close()


def take(page: Page, name: str) -> None:
    """Keep what a page shows now."""
    page.screenshot(path=DOCS / f"{name}.png", animations="disabled")


def settle(program: Program, stack: ExitStack) -> Position:
    """Bring in the city and the front. Returns where Marta is."""
    tell("a city and a front with its kit …")
    program.wait_ready("console")
    account = ("account", "add", OPERATOR, "--name", "Eva Ruiz", "--role", "operator")
    program.command(*account, stdin=f"{PASSWORD}\n")
    city = program.home / "city.geojson"
    city.write_bytes(sample_city())
    program.command("import", "quadrants", str(city), "--edition", "docs", *FIELDS)
    beat = downtown_first(read_beats(city, "PCUNCUADRA", "PCUDESCRIP"))[0]
    lat, lon = beat.somewhere(Random(3))  # noqa: S311 - a place to show, no secret
    registry = program.home / "front.json"
    with_kit = front_of(beat, lat, lon, stack)
    registry.write_text(json.dumps(with_kit))
    program.command("import", "registry", str(registry))
    return Position(lat=lat, lon=lon, accuracy_m=14)


def front_of(beat: Beat, lat: float, lon: float, stack: ExitStack) -> dict[str, Any]:
    """One front, its coordinator, Marta, the patrol, a siren and four cameras."""
    spot = {"lat": lat, "lon": lon, "address": "Carrera 17F # 69A-18 Sur"}
    kit = [("siren", "Sirena Lucero", ("relay",))]
    kit += [
        ("camera", f"Cámara {number}", ("camera", "--name", f"Cámara {number}"))
        for number in range(1, 5)
    ]
    devices = [
        {
            "device_id": name.lower().replace(" ", "-").replace("á", "a"),
            "role": role,
            "name": name,
            "front_id": FRONT,
            "gateway_id": GATEWAY,
            "wiring": stack.enter_context(stand_in(*arguments)),
        }
        for role, name, arguments in kit
    ]
    return {
        "people": [
            {"person_id": "p-1", "name": "Marta Lucía Rincón", "phone": "+57 300 555 0112"},
            {"person_id": "p-2", "name": "Hernando Castiblanco", "phone": "+57 300 555 0178"},
        ],
        "fronts": [
            {
                "front_id": FRONT,
                "name": "Frente Lucero Bajo",
                "barrio": "Lucero Bajo",
                "spot": spot,
                "coordinator_id": "p-2",
                "sirens": 1,
                "cameras": 4,
                "buttons": 1,
            }
        ],
        "devices": [
            {
                "device_id": APP,
                "role": "app",
                "name": "Celular de Marta",
                "person_id": "p-1",
                "front_id": FRONT,
                "spot": spot,
            },
            {"device_id": PATROL, "role": "patrol", "name": "43-A", "quadrant": beat.code},
            *devices,
        ],
    }


@contextmanager
def stand_in(*arguments: str) -> Iterator[dict[str, Any]]:
    """Something on the wall; yields how a gateway reaches it."""
    command = [sys.executable, "-m", "clients.stand_ins", *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
        process.stdin.close()  # it ends with its input


def tell(text: str) -> None:
    """Show how far it is."""
    sys.stdout.write(f"· {text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

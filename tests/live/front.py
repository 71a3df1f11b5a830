"""A front with what hangs on its walls: a relay siren and cameras, which are stand-ins."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, Final

from clients.stand_ins.camera import SNAPSHOT, Behaviour
from clients.stand_ins.camera import Camera as StandCamera
from clients.stand_ins.relay import Relay as StandRelay
from clients.stand_ins.web import served
from tests.live.kit import GATEWAY
from tests.live.program import Area, Program

HEARTBEAT_S: Final = 5
WHO: Final = {"user": "admin", "password": "frente"}


@dataclass
class Front:
    """A front with a relay siren, four cameras, and two members."""

    area: Area
    relay: StandRelay
    cameras: list[StandCamera]

    @property
    def front_id(self) -> str:
        return f"front-{self.area.name}"

    @property
    def members(self) -> tuple[str, str]:
        return f"member-{self.area.name}-0", f"member-{self.area.name}-1"

    def registry(self, urls: list[str]) -> dict[str, Any]:
        spot = {"lat": self.area.spot().lat, "lon": self.area.spot().lon, "address": "Calle 1"}
        relay, *cameras = urls
        behind = {"front_id": self.front_id, "gateway_id": GATEWAY}
        return {
            "fronts": [{"front_id": self.front_id, "name": "Frente Manga", "spot": spot}],
            "devices": [
                *(
                    {"device_id": each, "role": "app", "name": each, "front_id": self.front_id}
                    for each in self.members
                ),
                {
                    "device_id": f"siren-{self.area.name}",
                    "role": "siren",
                    "name": "Sirena Manga",
                    "wiring": {"protocol": "shelly", "url": relay, **WHO},
                    **behind,
                },
                *(
                    {
                        "device_id": f"cam-{self.area.name}-{number}",
                        "role": "camera",
                        "name": f"Cámara {number}",
                        "wiring": {"protocol": "camera", "url": url + SNAPSHOT, **WHO},
                        "heartbeat_s": HEARTBEAT_S,
                        **behind,
                    }
                    for number, url in enumerate(cameras)
                ),
            ],
        }


@contextmanager
def front(program: Program, area: Area, *behaves: Behaviour) -> Iterator[Front]:
    """A front whose four cameras behave so, in the registry and behind the gateway."""
    cameras = [
        StandCamera(f"Cámara {number}", behaves=each, **WHO) for number, each in enumerate(behaves)
    ]
    it = Front(area, StandRelay(**WHO), cameras)
    with ExitStack() as stack:
        urls = [stack.enter_context(served(stand)) for stand in (it.relay, *cameras)]
        file = program.home / f"front-{area.name}.json"
        file.write_text(json.dumps(it.registry(urls)))
        program.command("import", "registry", str(file))
        for member in it.members:
            program.codes[member] = program.enrol(member)
        yield it

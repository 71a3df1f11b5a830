"""A storm of alarm panels while the core, or their gateway, is killed again and again."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import trio

from clients.panel import LINK_TEST, Panel, PanelEvent
from dispatch.gateway.bounds import SPAN_MS
from dispatch.journal.inspect import verify
from dispatch.settings import PREFIX
from protocol.sia_dc09.events import SIA
from protocol.sia_dc09.faults import Answer
from tests.faults.audit import alerts_in
from tests.faults.ledger import PATIENCE_S
from tests.faults.rig import Rig
from tests.faults.trial import Row, Scale, progress
from tests.live.program import AREAS, PROGRAM, free_port

HOST: Final = "127.0.0.1"
GATEWAY: Final = "gateway-local"
SECRET: Final = "a-secret-for-the-faults-and-for-nothing-else"
EVENTS_PER_PANEL: Final = 25
ATTEMPT_S: Final = 2.0
ATTEMPTS: Final = 100
"""An honest panel does not give up while the test runs."""


def panels_and_core_killed(row: Row, rig: Rig, scale: Scale) -> None:
    """The core dies with presses of the wall in it."""
    _storm(row, rig, lambda _: (rig.kill_core(), rig.start_core()), scale.kills)


def panels_and_gateway_killed(row: Row, rig: Rig, scale: Scale) -> None:
    """The gateway dies with presses in it, and forgets all about them."""
    _storm(row, rig, lambda wall: (wall.kill(), wall.start()), scale.kills)


class Wall:
    """A gateway as a process of its own, and the panels behind it."""

    def __init__(self, rig: Rig, panels: int) -> None:
        self.accounts = {f"storm-{number}": f"{0xE000 + number:X}" for number in range(panels)}
        self.port = free_port()
        self.acked: Counter[str] = Counter()
        self._rig = rig
        self._process: subprocess.Popen[bytes] | None = None
        self._environment = {
            **rig._environment,
            PREFIX + "DATA_DIR": str(rig.data_dir),
            PREFIX + "SECRET": SECRET,
            PREFIX + "PORT": str(rig.port),
            PREFIX + "GATEWAY_PANEL_PORT": str(self.port),
        }

    def bring_in(self) -> None:
        """Register the gateway and its panels."""
        # Each far from all others: no alert holds more of them than it remembers by name.
        spots = [area.spot() for area in self._rig.areas]
        gateway = {"device_id": GATEWAY, "role": "gateway", "name": GATEWAY}
        devices = [
            {
                "device_id": device_id,
                "role": "button",
                "name": device_id,
                "spot": {"lat": spot.lat, "lon": spot.lon},
                "gateway_id": GATEWAY,
                "wiring": {"protocol": "sia_dc09", "account": account},
            }
            for (device_id, account), spot in zip(self.accounts.items(), spots, strict=True)
        ]
        file = self._rig.home / "storm.json"
        file.write_text(json.dumps({"devices": [gateway, *devices]}))
        subprocess.run(
            [sys.executable, str(PROGRAM), "import", "registry", str(file)],
            env=self._environment,
            cwd=self._rig.home,
            check=True,
            capture_output=True,
        )

    def start(self) -> None:
        with Path(self._rig.home, "storm.log").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(PROGRAM), "gateway"],
                cwd=self._rig.home,
                env=self._environment,
                stderr=log,
            )

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait(PATIENCE_S)

    async def storm(self) -> None:
        """Every panel reports all that it has, one after the other, until it is acknowledged."""
        async with trio.open_nursery() as nursery:
            for device_id in self.accounts:
                nursery.start_soon(self._report, device_id)

    async def _report(self, device_id: str) -> None:
        account = self.accounts[device_id]
        async with Panel(
            HOST, self.port, account, reply_deadline_s=ATTEMPT_S, attempts=ATTEMPTS
        ) as panel:
            while (await panel.send(LINK_TEST)).answer is not Answer.ACK:
                await trio.lowlevel.checkpoint()  # it is not known yet
            for zone in range(EVENTS_PER_PANEL):
                reply = await panel.send(PanelEvent(SIA, "PA", zone=zone))
                assert reply.answer is Answer.ACK, reply
                self.acked[device_id] += 1

    @property
    def events(self) -> int:
        return EVENTS_PER_PANEL * len(self.accounts)


Kill = Callable[[Wall], object]


def _storm(row: Row, rig: Rig, kill: Kill, kills: int) -> None:
    rig._environment[PREFIX + "SECRET"] = SECRET
    with rig.another_core(row.fault), _wall(rig) as wall:
        began_ms = time.time_ns() // 1_000_000
        trio.run(_kill_in_the_storm, wall, kill, kills)
        ended_ms = time.time_ns() // 1_000_000
        kept = _signals_of(rig.journal)
    row.presses = wall.events - wall.events // (kills + 1)  # after the first kill
    row.acked = wall.acked.total()
    row.missing = sum(max(0, wall.acked[each] - kept[each]) for each in wall.accounts)
    row.duplicates = sum(max(0, kept[each] - wall.acked[each]) for each in wall.accounts)
    row.notes.append(f"{kills} kills")
    if row.acked != wall.events:
        row.wrong.append(f"{wall.events - row.acked} events were never acknowledged")
    if row.missing:
        row.wrong.append(f"{row.missing} events were acknowledged and are not in the journal")
    if row.duplicates and began_ms // SPAN_MS != ended_ms // SPAN_MS:
        row.notes.append(f"a span of names ended meanwhile: {row.duplicates} folded in twice")
        row.duplicates = 0
    elif row.duplicates:
        row.wrong.append(f"{row.duplicates} events are in the journal twice")
    row.wrong += [finding.line() for finding in verify(rig.journal)]


async def _kill_in_the_storm(wall: Wall, kill: Kill, kills: int) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(wall.storm)
        for number in range(kills):
            share = (number + 1) / (kills + 1)
            while wall.acked.total() < share * wall.events:  # noqa: ASYNC110 - it only counts
                await trio.sleep(0.005)
            await trio.to_thread.run_sync(kill, wall)
            progress("storm", f"killed after {wall.acked.total()} of {wall.events}")


@contextmanager
def _wall(rig: Rig) -> Iterator[Wall]:
    wall = Wall(rig, AREAS)
    wall.bring_in()
    wall.start()
    try:
        yield wall
    finally:
        wall.kill()


def _signals_of(journal: Path) -> Counter[str]:
    """How many signals of each device are in the journal."""
    return Counter(
        press.device_id for alert in alerts_in(journal) for press in alert.presses.values()
    )

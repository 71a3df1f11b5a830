"""A siren on the network, beside a real server: it sounds, outlives a kill, and is silenced."""

import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import trio

from clients.app import App
from clients.patrol import Patrol
from clients.siren import Siren
from link.feed import Reader
from protocol.messages import Alert, Sounded
from protocol.vocabulary import Kind, SirenState
from tests.live.devices import credentials
from tests.live.program import PATIENCE_S, Area, Program

TIMELINE = """
    SELECT kind, reason FROM alert_events
    WHERE alert_id = $1::text::uuid AND kind IN ('siren', 'silenced') ORDER BY seq
"""


@dataclass
class Front:
    """A front with one member and one siren, and its patrol, all connected."""

    patrol: Patrol
    app: App
    siren: Siren
    said: Reader[Sounded]
    moves: list[bool]

    async def sounded(self) -> str:
        """Wait until the siren says that it sounds. Returns the alert."""
        with trio.fail_after(PATIENCE_S):
            async for said in self.said:
                if said.state is SirenState.SOUNDING:
                    return said.alert_id
        raise AssertionError("it never ends")

    async def shown(self, state: SirenState) -> Alert:
        """Wait until the patrol is shown an alert whose siren does so."""
        with trio.fail_after(PATIENCE_S):
            async for alert in self.patrol.alerts():
                if [siren.state for siren in alert.sirens] == [state]:
                    return alert
        raise AssertionError("it never ends")


@asynccontextmanager
async def front(program: Program, area: Area) -> AsyncIterator[Front]:
    member, siren_id, front_id = (f"{what}-{area.name}" for what in ("ana", "horn", "street"))
    registry = {
        "fronts": [{"front_id": front_id, "name": "Frente Manga"}],
        "devices": [
            {"device_id": member, "role": "app", "name": "Ana", "front_id": front_id},
            {"device_id": siren_id, "role": "siren", "name": "Sirena", "front_id": front_id},
        ],
    }
    file = program.home / f"{front_id}.json"
    file.write_text(json.dumps(registry))
    await trio.to_thread.run_sync(program.command, "import", "registry", str(file))
    for each in (member, siren_id):
        program.codes[each] = await trio.to_thread.run_sync(program.enrol, each)
    who = [await credentials(program, each) for each in (area.patrols[0], member, siren_id)]
    moves: list[bool] = []
    async with (
        Patrol(program.url, who[0]) as patrol,
        App(program.url, who[1]) as app,
        Siren(program.url, who[2], moves.append) as siren,
    ):
        with trio.fail_after(PATIENCE_S):
            await patrol.synced()
            await app.synced()
            async for state in siren.states():
                if state.up:
                    break
        yield Front(patrol, app, siren, siren.said(), moves)


async def test_it_sounds_through_a_kill_until_the_patrol_silences_it(
    program: Program, area: Area
) -> None:
    async with front(program, area) as it:
        await it.app.press(Kind.PANIC, position=area.spot())
        alert_id = await it.sounded()
        assert (await it.shown(SirenState.SOUNDING)).alert_id == alert_id
        mark = program.mark()
        os.kill(program.pid_of("core"), signal.SIGKILL)
        assert it.moves == [True]
        await trio.to_thread.run_sync(program.wait_ready, "core", mark)
        assert await it.sounded() == alert_id  # told again, for the time that is left
        with trio.fail_after(PATIENCE_S):
            await it.patrol.accept(alert_id)
            await it.patrol.silence(alert_id)
        assert not it.siren.is_sounding
        assert it.moves[-1] is False
        assert (await it.shown(SirenState.SILENT)).alert_id == alert_id
        told = [("siren", "asked"), ("siren", "sounding"), ("silenced", ""), ("siren", "silent")]
        with trio.fail_after(PATIENCE_S):
            while await _timeline(program, alert_id) != told:  # noqa: ASYNC110 - another process
                await trio.sleep(0.1)


async def test_only_what_is_pressed_aloud_sounds_it(program: Program, area: Area) -> None:
    async with front(program, area) as it:
        silent = await it.app.press(Kind.SILENT, position=area.spot())
        loud = await it.app.press(Kind.FIRE, position=area.spot(3))
        assert await it.sounded() == loud.signal_id
        alert = await it.shown(SirenState.SOUNDING)
        assert alert.alert_id == loud.signal_id
        assert it.patrol.open[silent.signal_id].sirens == ()


async def _timeline(program: Program, alert_id: str) -> list[tuple[str, str]]:
    return await trio.to_thread.run_sync(program.fetch, TIMELINE, alert_id)

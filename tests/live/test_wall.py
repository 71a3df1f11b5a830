"""What hangs on the walls of a front: it sounds and is seen through, or it is said why not."""

import time
from contextlib import ExitStack
from statistics import median
from typing import Any

import httpx
import pytest
import trio

from clients.stand_ins.camera import Behaviour
from protocol.jpeg import read_size
from protocol.messages import Accept, Alert, Close, Silence, Siren, Trouble
from protocol.vocabulary import AlertState, Kind, Outcome, SirenState, TroubleKind
from tests.live.devices import device, on_duty, press
from tests.live.front import front
from tests.live.program import PATIENCE_S, Area, Program


async def until(is_so: Any) -> None:
    with trio.fail_after(PATIENCE_S):
        while not is_so():  # noqa: ASYNC110 - what changes is another process's
            await trio.sleep(0.05)


async def test_the_siren_sounds_and_the_cameras_are_seen_through(
    program: Program, area: Area
) -> None:
    opened = front(program, area, *[Behaviour.WELL] * 3, Behaviour.HANGING)
    with ExitStack() as stack:
        it = await trio.to_thread.run_sync(stack.enter_context, opened)
        await until(lambda: all(camera.pictures for camera in it.cameras))  # all are wired
        async with (
            on_duty(program, area.patrols[0]) as patrol,
            device(program, it.members[0]) as ana,
            device(program, it.members[1]) as neighbour,
        ):
            signal = press(area.spot(), Kind.PANIC)
            await ana.say(signal)
            await patrol.hear_a(Alert)
            sounding = await neighbour.hear_a(Siren, lambda s: s.state is SirenState.SOUNDING)
            assert (sounding.front_id, sounding.by) == (it.front_id, it.members[0])
            assert it.relay.is_on
            alert = await patrol.hear_a(Alert, lambda each: len(each.pictures) == 6)
            assert [siren.state for siren in alert.sirens] == [SirenState.SOUNDING]
            seen = sorted(picture.camera for picture in alert.pictures)
            assert seen == sorted(["Cámara 0", "Cámara 1", "Cámara 2"] * 2)
            first, second = [
                each.taken_at_ms for each in alert.pictures if each.camera == "Cámara 0"
            ]
            assert second - first > 9_000
            async with httpx.AsyncClient(base_url=program.console_url, trust_env=False) as client:
                for picture in alert.pictures:
                    shown = await client.get(picture.path)
                    assert shown.status_code == 200
                    assert read_size(shown.content)
            await patrol.say(Accept(alert_id=alert.alert_id), Silence(alert_id=alert.alert_id))
            await patrol.hear_a(
                Alert, lambda each: each.sirens and each.sirens[0].state is SirenState.SILENT
            )
            assert not it.relay.is_on


async def test_a_siren_that_cannot_be_reached_is_said(program: Program, area: Area) -> None:
    with ExitStack() as stack:
        it = await trio.to_thread.run_sync(stack.enter_context, front(program, area))
        it.relay.after_s = 3600.0
        async with (
            on_duty(program, area.patrols[0]) as patrol,
            device(program, it.members[0]) as ana,
        ):
            await ana.say(press(area.spot(), Kind.PANIC))
            alert = await patrol.hear_a(
                Alert, lambda each: each.sirens and each.sirens[0].state is SirenState.UNREACHABLE
            )
            assert alert.sirens[0].name == "Sirena Manga"


async def test_a_dead_camera_is_a_trouble_and_no_delay(program: Program, area: Area) -> None:
    with ExitStack() as stack:
        opened = front(program, area, *[Behaviour.WELL] * 3)
        it = await trio.to_thread.run_sync(stack.enter_context, opened)
        well, page, hanging = (f"cam-{area.name}-{number}" for number in range(3))
        await until(lambda: all(camera.pictures for camera in it.cameras))
        it.cameras[1].behaves, it.cameras[2].behaves = Behaviour.PAGE, Behaviour.HANGING
        async with device(program, "operator", on_duty=True) as operator:
            found: dict[str, TroubleKind] = {}
            while {page, hanging} - found.keys():
                trouble = await operator.hear_a(Trouble, lambda t: t.closed_at_ms is None)
                found[trouble.device_id] = trouble.kind
            assert found[page] is TroubleKind.FAULT
            assert found[hanging] is TroubleKind.MISSING
            assert well not in found
            it.cameras[2].behaves = Behaviour.WELL
            back = await operator.hear_a(
                Trouble, lambda t: t.device_id == hanging and t.closed_at_ms is not None
            )
            assert back.kind is TroubleKind.MISSING


@pytest.mark.alone
async def test_dead_cameras_hold_up_no_press(program: Program, area: Area) -> None:
    """Press to handheld with four hanging cameras and a hanging relay, and without: one run."""
    other = program.take_area()
    with ExitStack() as stack:
        opened = front(program, area, *[Behaviour.HANGING] * 4)
        it = await trio.to_thread.run_sync(stack.enter_context, opened)
        it.relay.after_s = 3600.0
        await until(lambda: all(camera.pictures for camera in it.cameras))
        async with (
            on_duty(program, area.patrols[0]) as patrol,
            on_duty(program, other.patrols[0]) as other_patrol,
            device(program, it.members[0]) as ana,
            device(program, other.apps[0]) as beto,
        ):
            with_s, without_s = [], []
            for _ in range(20):
                for took_s, sender, receiver, where in (
                    (with_s, ana, patrol, area),
                    (without_s, beto, other_patrol, other),
                ):
                    began_s = time.perf_counter()
                    signal = press(where.spot())
                    await sender.say(signal)
                    alert = await receiver.hear_of(signal.signal_id)
                    took_s.append(time.perf_counter() - began_s)
                    await receiver.say(
                        Accept(alert_id=alert.alert_id),
                        Close(alert_id=alert.alert_id, outcome=Outcome.REAL),
                    )
                    await receiver.hear_a(Alert, lambda each: each.state is AlertState.CLOSED)
        assert median(with_s) < 3 * median(without_s)

"""The console stands beside the core: pictures go in and out of it, and no press waits for it."""

import json
import os
import signal
import time

import httpx
import trio

from dispatch.core.picture_paths import picture_path
from dispatch.secret import Use, derived_key
from tests.console.samples import JPEG, JPEG_TYPE, PICTURE, QUERY
from tests.live.devices import credentials, device, on_duty, press_and_close
from tests.live.program import PATIENCE_S, Area, Program

GATEWAY, CAMERA = "console-gateway", "console-camera"


def enrol_camera(program: Program) -> None:
    """A gateway with a camera behind it; the gateway's code is kept for it to trade."""
    program.codes[GATEWAY] = program.enrol(GATEWAY, "--role", "gateway", "--name", "Pasarela")
    program.enrol(CAMERA, "--role", "camera", "--name", "Cámara", "--gateway", GATEWAY)


def sealed(program: Program) -> str:
    secret = (program.home / "var" / "secret").read_text().strip()
    key = derived_key(secret, Use.PICTURE_PATHS)
    return picture_path(PICTURE, int(time.time()) + 600, key)


async def test_a_gateway_hands_in_a_picture_and_whoever_was_shown_its_path_reads_it(
    program: Program,
) -> None:
    await trio.to_thread.run_sync(enrol_camera, program)
    gateway = await credentials(program, GATEWAY)
    bearer = {"Authorization": f"Bearer {GATEWAY}:{gateway.token}"}
    query = QUERY | {"camera": CAMERA}
    path = await trio.to_thread.run_sync(sealed, program)
    async with httpx.AsyncClient(base_url=program.console_url, trust_env=False) as client:
        for status in (201, 200):
            handed_in = await client.put(
                f"/v1/pictures/{PICTURE}", params=query, content=JPEG, headers=bearer | JPEG_TYPE
            )
            assert handed_in.status_code == status
        shown = await client.get(path)
        assert (shown.status_code, shown.content) == (200, JPEG)
        stranger = await client.get(path + "x")
        assert stranger.status_code == 404
    said = json.loads((await trio.to_thread.run_sync(provenances, program))[0])
    assert (said["camera_id"], said["gateway_id"]) == (CAMERA, GATEWAY)
    assert not [line for line in program.lines if "seal=" in line or gateway.token in line]


def provenances(program: Program) -> list[str]:
    return [path.read_text() for path in (program.home / "var" / "pictures").glob("*/*.json")]


async def test_a_console_that_is_killed_comes_back_and_no_press_waits_for_it(
    program: Program, area: Area
) -> None:
    async with on_duty(program, area.patrols[0]) as patrol, device(program, area.apps[0]) as ana:
        mark = program.mark()
        os.kill(program.pid_of("console"), signal.SIGKILL)
        await press_and_close(ana, patrol, area.spot())
        await trio.to_thread.run_sync(program.wait_ready, "console", mark)
    with trio.fail_after(PATIENCE_S):
        async with httpx.AsyncClient(base_url=program.console_url, trust_env=False) as client:
            assert (await client.get("/healthz")).json()["status"] in ("green", "red")

"""Stand-ins are processes that say how they are wired, and end with the block."""

import json
from pathlib import Path

import httpx
import pytest
import trio

from clients.demo.backstage import DemoFailed
from clients.demo.hardware import hardware
from clients.demo.kit import Piece
from dispatch.wiring import Camera, Shelly, read_wiring
from protocol.jpeg import read_size
from protocol.vocabulary import Role
from tests.patience import PATIENCE_S

SIREN = Piece("sirena", Role.SIREN, "Sirena", ("relay",))
CAMERA = Piece("camara", Role.CAMERA, "Cámara", ("camera", "--name", "Cámara"))
NONSENSE = Piece("nada", Role.CAMERA, "Nada", ("window",))


async def test_they_are_there_as_they_say_and_gone_afterwards(tmp_path: Path) -> None:
    async with hardware([SIREN, CAMERA], tmp_path) as wirings:
        siren, camera = (
            read_wiring(json.dumps(wirings[piece.device_id]).encode()) for piece in (SIREN, CAMERA)
        )
        assert isinstance(siren, Shelly)
        assert isinstance(camera, Camera)
        async with httpx.AsyncClient(trust_env=False) as client:
            auth = httpx.DigestAuth(camera.user, camera.password)
            assert read_size((await client.get(camera.url, auth=auth)).content)
            assert (await client.get(siren.url)).status_code == 401
    with trio.fail_after(PATIENCE_S):
        async with httpx.AsyncClient(trust_env=False) as client:
            for url in (siren.url, camera.url):
                with pytest.raises(httpx.ConnectError):
                    await client.get(url)


async def test_one_that_does_not_come_up_is_said(tmp_path: Path) -> None:
    with pytest.raises(DemoFailed, match=r"stand_ins\.log"):
        async with hardware([SIREN, NONSENSE], tmp_path):
            raise AssertionError("it must not begin")

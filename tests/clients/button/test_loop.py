import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from clients.button import device, loop
from clients.button.loop import Ticks
from protocol.button.message import Progress
from protocol.vocabulary import Kind
from tests.clients.button.gateway import PATIENCE_S, Gateway, serving
from tests.protocol.button.vectors import PATH

HANG = str(Path(__file__).with_name("hang.py"))
HERE = Path(sys.executable).parent
MICROPYTHON = shutil.which("micropython", path=HERE) or shutil.which("micropython")


@pytest.mark.parametrize(
    "interpreter",
    [
        sys.executable,
        pytest.param(
            MICROPYTHON,
            marks=pytest.mark.skipif(
                MICROPYTHON is None, reason="no micropython here: loop.py was tried without it"
            ),
        ),
    ],
    ids=["cpython", "micropython"],
)
async def test_a_button_without_a_count_is_pressed_and_followed(interpreter: str) -> None:
    gateway = Gateway()
    async with serving(gateway):
        process = await trio.lowlevel.open_process(
            [interpreter, HANG, str(Path(loop.__file__).parent), PATH, str(gateway.port)],
            stdout=subprocess.PIPE,
        )
        assert process.stdout is not None
        shown = b""
        try:
            with trio.fail_after(PATIENCE_S):
                while more := await process.stdout.receive_some():
                    shown += more
                    if device.STORED in shown.decode().split():
                        gateway.says = (Progress.CLOSED, {"stored": True})
                assert await process.wait() == 0
        finally:
            process.kill()
            await process.stdout.aclose()
    assert shown.decode().split() == [device.SENDING, device.STORED, device.CLOSED]
    presses = gateway.presses()
    assert {(each.kind, each.press) for each in presses} == {(Kind.FIRE, presses[0].press)}


def test_ticks_that_begin_anew_only_grow() -> None:
    ticks = iter([2**30 - 10, 2**30 - 3, 4, 4, 9])

    def difference(newer: int, older: int) -> int:
        return (newer - older) % 2**30

    now_ms = Ticks(lambda: next(ticks), difference)
    assert [now_ms() for _ in range(4)] == [7, 14, 14, 19]

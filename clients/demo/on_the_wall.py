"""What the kit's own simulators share: one panel or button that the gateway knows."""

import argparse
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import trio

from clients.demo import cast
from clients.demo.reports import Answered, tell
from clients.demo.simulator import REGISTRY_FILE, stop_with_input
from protocol.messages import Text

HOST: Final = "127.0.0.1"
GROUP: Final = "wall"
FIRST_PRESS_AFTER_S: Final = 1.0
LINGER_S: Final = 8.0
"""How long the end of the demo waits for what is not answered yet."""

Act = Callable[[cast.Device, argparse.Namespace, trio.Event], Awaitable[None]]


def run(what: str, find: Callable[[cast.Front], str], act: Act) -> None:
    """Run one simulator process to its end; `find` names the device of a front that it plays."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the demo decides when who ends
    line = argparse.ArgumentParser(description=what)
    line.add_argument("--dir", type=Path, required=True, help="where the demo keeps its files")
    line.add_argument("--port", type=int, required=True, help="the gateway's")
    line.add_argument("--first-s", type=float, default=FIRST_PRESS_AFTER_S)
    line.add_argument("--every-s", type=float, default=60.0, help="seconds between two presses")
    arguments = line.parse_args()
    registry = cast.read(arguments.dir / REGISTRY_FILE)
    wanted = find(registry.fronts[0])
    device = next(each for each in registry.devices if each.device_id == wanted)
    trio.run(_play, act, device, arguments)


async def _play(act: Act, device: cast.Device, arguments: argparse.Namespace) -> None:
    stopping = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stop_with_input, stopping)
        nursery.start_soon(_end_soon, stopping, nursery.cancel_scope)
        await act(device, arguments, stopping)
        nursery.cancel_scope.cancel()


async def _end_soon(stopping: trio.Event, scope: trio.CancelScope) -> None:
    await stopping.wait()
    await trio.sleep(LINGER_S)
    scope.cancel()


async def is_time(stopping: trio.Event, after_s: float) -> bool:
    """Wait so long; False: the demo ends."""
    with trio.move_on_after(after_s):
        await stopping.wait()
    return not stopping.is_set()


def say(device: cast.Device, es: str, en: str) -> None:
    """Report what the device's lamp or display shows."""
    tell(Answered("", device.name, None, Text(es, en)))

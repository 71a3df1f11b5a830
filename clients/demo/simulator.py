"""What every simulator process does: enrol its devices with their codes, run them, end in order.

A simulator ends when its standard input does: that is how the demo stops it, and what happens by
itself when the demo is killed.
"""

import argparse
import gc
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import msgspec
import trio

from clients.demo import cast
from clients.demo.reports import Connected, Enrolling, Failed, tell
from link.connection import Link
from link.enrolment import Credentials, enrol
from link.errors import ClientError
from protocol.vocabulary import Role

REGISTRY_FILE: Final = "registry.json"
CODES_FILE: Final = "codes.json"
ENROL_AT_ONCE: Final = 16
CONNECT_PER_S: Final = 250.0
"""All of a process at once would be late for their own greetings."""
PROGRESS_EVERY: Final = 25
NO_CODE: Final = "NO-CODE"


@dataclass(frozen=True, slots=True)
class Player:
    """One device and who it is."""

    device: cast.Device
    credentials: Credentials


@dataclass(slots=True)
class Scene:
    """What the simulators of one process share."""

    group: str
    url: str
    seed: int
    hurry: float
    registry: cast.Registry
    arguments: argparse.Namespace
    stopping: trio.Event = field(default_factory=trio.Event)

    def failed(self, player: Player, error: Exception) -> None:
        """Tell the demo that a device cannot go on."""
        tell(Failed(self.group, f"{player.device.device_id}: {error}"))

    def draw(self, what: str = "") -> Random:
        """Return a generator that draws the same in every run, its own for each `what`."""
        return Random(f"{self.seed}:{self.group}:{what}")  # noqa: S311 - a play, no secret


Act = Callable[[Scene, Sequence[Player]], Awaitable[None]]


def parser(what: str) -> argparse.ArgumentParser:
    """Return the command line that all simulators share."""
    line = argparse.ArgumentParser(description=what)
    line.add_argument("--dir", type=Path, required=True, help="where the demo keeps its files")
    line.add_argument("--url", default="ws://127.0.0.1:7310/v1", help="the server")
    line.add_argument("--seed", type=int, default=1)
    line.add_argument("--hurry", type=float, default=1.0, help="patrols that many times quicker")
    return line


def run(group: str, roles: Sequence[Role], act: Act, arguments: argparse.Namespace) -> None:
    """Run one simulator process to its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the demo decides when who ends
    trio.run(_play, group, roles, act, arguments)


async def _play(group: str, roles: Sequence[Role], act: Act, arguments: argparse.Namespace) -> None:
    registry = cast.read(arguments.dir / REGISTRY_FILE)
    scene = Scene(group, arguments.url, arguments.seed, arguments.hurry, registry, arguments)
    mine = [
        device
        for device in registry.of(*roles)
        if device.device_id not in cast.NOT_SIMULATED and device.gateway_id is None
    ]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stop_with_input, scene.stopping)
        try:
            known = await enrol_all(group, scene.url, arguments.dir, [d.device_id for d in mine])
            players = [Player(device, known[device.device_id]) for device in mine]
            await act(scene, players)
        except ClientError as error:
            tell(Failed(group, str(error)))
        nursery.cancel_scope.cancel()


async def enrol_all(
    group: str,
    url: str,
    directory: Path,
    device_ids: Sequence[str],
    say: Callable[[Enrolling], None] = tell,
) -> dict[str, Credentials]:
    """Trade the codes of these devices for tokens, but for those that have theirs already.

    Each token is in the group's file before it is used, so that a killed demo can start again.
    Raises `ClientError`.
    """
    path = directory / f"credentials-{group}.jsonl"
    known = _kept(path)
    codes: dict[str, str] = msgspec.json.decode(
        (directory / CODES_FILE).read_bytes(), type=dict[str, str]
    )
    to_do = [device_id for device_id in device_ids if device_id not in known]
    limit = trio.CapacityLimiter(ENROL_AT_ONCE)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    async def one(device_id: str) -> None:
        async with limit:
            credentials = await enrol(url, codes.get(device_id, NO_CODE))
        os.write(file, b"\n" + msgspec.json.encode(credentials))
        known[device_id] = credentials
        if len(known) % PROGRESS_EVERY == 0:
            say(Enrolling(group, len(known), len(device_ids)))

    try:
        await _all(one, to_do)
    finally:
        os.close(file)
    say(Enrolling(group, len(device_ids), len(device_ids)))
    return known


def _kept(path: Path) -> dict[str, Credentials]:
    kept: dict[str, Credentials] = {}
    lines = path.read_bytes().splitlines() if path.exists() else []
    for line in lines:
        try:
            credentials = msgspec.json.decode(line, type=Credentials)
        except msgspec.DecodeError:
            continue  # half a line: the process was killed while it wrote, and had not used it
        kept[credentials.device_id] = credentials
    return kept


async def _all(one: Callable[[str], Awaitable[None]], device_ids: Sequence[str]) -> None:
    """Do one thing for all, and raise the first error as it is."""
    try:
        async with trio.open_nursery() as nursery:
            for device_id in device_ids:
                nursery.start_soon(one, device_id)
    except BaseExceptionGroup as group:
        error = next((each for each in group.exceptions if isinstance(each, ClientError)), None)
        if error is None:
            raise
        raise error from None


async def spread_out(
    scene: Scene, nursery: trio.Nursery, lives: Sequence[Callable[[], Awaitable[None]]]
) -> None:
    """Start the lives of many devices one after the other, unless the scene ends before."""
    for live in lives:
        if scene.stopping.is_set():
            return
        nursery.start_soon(live)
        await trio.sleep(1 / CONNECT_PER_S)
    # What lives as long as the process needs no looking at by the collector, whose pauses over a
    # thousand clients would be measured as the server's.
    gc.collect()
    gc.freeze()


async def say_when_up(group: str, player: Player, link: Link) -> None:
    """Report how a device's link goes up and down."""
    was_up = False
    async for state in link.states():
        if state.up is not was_up:
            was_up = state.up
            tell(Connected(group, player.device.device_id, was_up))


async def stop_with_input(stopping: trio.Event) -> None:
    """Set `stopping` when this process's standard input ends."""
    await trio.to_thread.run_sync(_read_to_end, abandon_on_cancel=True)
    stopping.set()


def _read_to_end() -> None:
    # Not sys.stdin: its lock would be held by this thread when the process ends.
    while os.read(0, 4096):
        pass

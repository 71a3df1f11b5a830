"""One simulated device in front of a server that the test plays."""

from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import trio

from clients.demo import reports
from clients.demo.cast import Device, Registry, Spot
from clients.demo.simulator import Act, Player, Scene
from link.enrolment import Credentials
from protocol.messages import Delivered
from protocol.vocabulary import Role
from tests.clients.samples import QUADRANT
from tests.link.peer import Guest, Peer, peer

HURRY = 1_000.0
HOME = Spot(10.4, -75.5)
R = TypeVar("R", bound=reports.Report)
M = TypeVar("M")


def player(role: Role, device_id: str = "app-1") -> Player:
    is_patrol = role is Role.PATROL
    device = Device(
        device_id,
        role,
        "43-A",
        front_id=None if is_patrol else "f1",
        quadrant=QUADRANT.code if is_patrol else None,
        spot=None if is_patrol else HOME,
    )
    return Player(device, Credentials(device_id, role, "token"))


@asynccontextmanager
async def acting(
    act: Act, *players: Player, **arguments: object
) -> AsyncIterator[tuple[Scene, Peer]]:
    """Run an act until the block ends, and then to its own end."""
    async with peer() as server, trio.open_nursery() as nursery:
        given = Namespace(**{"prompt": True, "per_s": 500.0, **arguments})
        scene = Scene("group", server.url, 1, HURRY, Registry([], [], []), given)
        nursery.start_soon(act, scene, players)
        yield scene, server
        scene.stopping.set()


async def hear(guest: Guest, kind: type[M]) -> M:
    """Return the next message but `delivered`, which goes at its own pace."""
    while True:
        message = await guest.hear(object)
        if not isinstance(message, Delivered):
            assert isinstance(message, kind), message
            return message


def reported(output: bytes, kind: type[R]) -> list[R]:
    """Return the reports of one kind in what a simulator printed."""
    lines = output.splitlines()
    return [each for line in lines if isinstance(each := reports.read(line), kind)]

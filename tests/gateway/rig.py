"""A gateway's link to a core that a test plays by hand, in memory and in virtual time."""

from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import trio

from dispatch.core.moment import Moment
from dispatch.gateway.core_link import CoreLink
from dispatch.gateway.desk import read_clock
from dispatch.gateway.roster import Roster
from dispatch.gateway.tally import Tally
from dispatch.wiring import Button, SiaDc09, Wiring, seal
from link.enrolment import Credentials
from protocol.messages import (
    ClientMessage,
    Kit,
    KitDevice,
    QuadrantView,
    Receipt,
    Signal,
    Text,
)
from protocol.sia_dc09.header import Header
from protocol.sia_dc09.panel import sia_data, write_message
from protocol.sia_dc09.reply import Reply, read_reply
from protocol.vocabulary import FoundBy, Reach, Role, Stage, Verdict
from tests.link.peer import Guest, MemoryPeer

M = TypeVar("M", bound=ClientMessage)

WIRING_KEY = bytes(64)
ME = Credentials("gateway-1", Role.GATEWAY, "gateway-token")
PANEL, SEALED, BUTTON = "panel-1", "panel-2", "wall-1"
ACCOUNT, SEALED_ACCOUNT = "1234", "ABCD"
KEY, BUTTON_KEY = bytes(range(16)), bytes(range(32))
NOWHERE = Moment(0.0, 1_795_000_000_000)


def kit_device(device_id: str, wiring: Wiring | None, *, key: bytes = WIRING_KEY) -> KitDevice:
    box = None if wiring is None else b64encode(seal(wiring, key, device_id)).decode()
    return KitDevice(
        device_id=device_id, role=Role.BUTTON, front_id=None, heartbeat_s=60, wiring=box
    )


KIT = Kit(
    devices=(
        kit_device(PANEL, SiaDc09(ACCOUNT)),
        kit_device(SEALED, SiaDc09(SEALED_ACCOUNT, KEY.hex())),
        kit_device(BUTTON, Button(BUTTON_KEY.hex())),
    )
)


class Core:
    """The core's side of the link, as the test plays it."""

    def __init__(self, server: MemoryPeer) -> None:
        self.server = server
        self.guest: Guest | None = None

    async def welcome(self, *kits: Kit) -> None:
        """Take in the gateway's next connection, and tell it who is behind it."""
        self.guest = await self.server.visit()
        await self.guest.welcome()
        await self.say(*(kits or (KIT,)))

    async def say(self, *messages: Any) -> None:
        assert self.guest is not None
        await self.guest.say(*messages)
        await settled()

    async def hear(self, kind: type[M]) -> M:
        assert self.guest is not None
        return await self.guest.hear(kind)

    async def unheard(self) -> list[Any]:
        """What the gateway has said beyond what was heard."""
        await settled()
        assert self.guest is not None
        return self.guest.unheard()

    async def cut(self) -> None:
        assert self.guest is not None
        await self.guest.cut()
        await settled()


@asynccontextmanager
async def linked() -> AsyncIterator[tuple[CoreLink, Core]]:
    """A gateway's link that has not reached its core yet."""
    async with trio.open_nursery() as nursery:
        server = MemoryPeer(nursery)
        core = CoreLink(server.url, ME, Roster(WIRING_KEY), dial=server.dial)
        nursery.start_soon(core.run)
        yield core, Core(server)
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def at_desk(make: Callable[..., Any]) -> AsyncIterator[tuple[Any, Core, Tally]]:
    """A desk, and a core that knows who is behind the gateway."""
    async with linked() as (core_link, core):
        tally = Tally()
        desk = make(core_link, tally, read_clock)
        await core.welcome()
        yield desk, core, tally


async def settled() -> None:
    """Until nobody has anything to do but wait."""
    for _ in range(3):
        await trio.testing.wait_all_tasks_blocked()


def receipt(signal_id: str, **changes: Any) -> Receipt:
    """What the core says of a press that it has stored."""
    return Receipt(
        **{
            "signal_id": signal_id,
            "alert_id": signal_id,
            "version": 1,
            "verdict": Verdict.FIRST,
            "stage": Stage.RECEIVED,
            "quadrant": QuadrantView("Q", "Q", "", "", ""),
            "found_by": FoundBy.REGISTERED,
            "reach": Reach.ON_DUTY,
            "stored": True,
            "delivered_to": 0,
            "patrol": None,
            "eta_s": None,
            "cancel_requested": False,
            "outcome": None,
            "discreet": False,
            "text": Text("", ""),
            **changes,
        }
    )


def frame(
    block: str = "Nri1/PA003",
    sequence: int = 1,
    *,
    account: str = ACCOUNT,
    key: bytes | None = None,
    at_s: float | None = None,
) -> bytes:
    """What a panel sends; an empty block is a link test."""
    id_token, data = ("SIA-DCS", sia_data(account, block)) if block else ("NULL", b"")
    if key is not None and at_s is None:
        at_s = read_clock().wall_ms / 1000
    header = Header(id_token, sequence, account, is_encrypted=key is not None)
    return write_message(header, data, at_s=at_s, key=key, pad=bytes(range(1, 17)))


def answers(said: list[bytes], key: bytes | None = None) -> list[str]:
    """What a panel was answered, in words."""
    read = [read_reply(each, key) for each in said]
    assert all(isinstance(each, Reply) for each in read), read
    return [str(each.answer) for each in read if isinstance(each, Reply)]


def id_of(signal: Signal) -> str:
    return signal.signal_id

"""What the garbage collector looks at, and what is left to it."""

import gc
import socket
import struct
from collections.abc import Iterator

import pytest
from websockets.protocol import Protocol, Side, State

from dispatch.edge.bounds import YOUNG_MAX
from dispatch.edge.collector import spare_the_old
from protocol import PATH
from tests.edge.town import Town, on_uvloop, open_town

RESET_ON_CLOSE = struct.pack("ii", 1, 0)


@pytest.fixture
def collector() -> Iterator[None]:
    """As it was before, once the test is over."""
    thresholds, callbacks = gc.get_threshold(), list(gc.callbacks)
    yield
    gc.callbacks[:] = callbacks
    gc.set_threshold(*thresholds)
    gc.unfreeze()


class Knot:
    """In a cycle with itself."""

    def __init__(self) -> None:
        self.me = self


@pytest.mark.usefixtures("collector")
def test_what_survives_is_never_looked_at_again() -> None:
    spare_the_old()
    kept = [[number] for number in range(3 * YOUNG_MAX)]
    assert len(gc.get_objects()) <= YOUNG_MAX, "the rest is frozen"
    assert gc.get_freeze_count() >= len(kept) - YOUNG_MAX


@pytest.mark.usefixtures("collector")
def test_a_young_cycle_is_freed() -> None:
    spare_the_old()
    for _ in range(2 * YOUNG_MAX):
        Knot()
    assert sum(isinstance(each, Knot) for each in gc.get_objects()) <= YOUNG_MAX


@pytest.mark.usefixtures("collector")
def test_to_begin_twice_is_to_begin_once() -> None:
    spare_the_old()
    once = list(gc.callbacks)
    spare_the_old()
    assert gc.callbacks == once


@on_uvloop
async def test_no_connection_leaves_anything_to_the_collector() -> None:
    """However it ends: an old one would never be freed."""
    async with open_town() as town:
        await _come_and_go(town)
        gc.collect()
        gc.disable()
        gc.set_debug(gc.DEBUG_SAVEALL)
        try:
            await _come_and_go(town)
            gc.collect()
            left = {f"{type(each).__module__}.{type(each).__name__}" for each in gc.garbage}
        finally:
            gc.set_debug(0)
            gc.garbage.clear()
            gc.enable()
    ours = {each for each in left if each.startswith(("dispatch.", "websockets.server."))}
    assert not ours


@on_uvloop
async def test_a_connection_keeps_neither_its_request_nor_what_read_it() -> None:
    others = parsers()
    async with open_town() as town, town.peer("ana") as ana, town.peer("patrol-w") as patrol:
        for peer in (ana, patrol):
            await peer.is_served()
        assert not [each for each in parsers() if each not in others]
        await (await ana.socket.ping(b"x"))
        (ours,) = (each for each in parsers() if each not in others)
        assert ours.state is State.OPEN, "it is there for what is no plain text"
        await ana.is_served()


def parsers() -> list[Protocol]:
    """Of the server's side, wherever they are."""
    return [
        each
        for each in gc.get_objects()
        if issubclass(type(each), Protocol) and each.side is Side.SERVER
    ]


async def _come_and_go(town: Town) -> None:
    async with town.raw():
        pass
    await town.get("/healthz")
    await town.get(PATH, "Origin: https://elsewhere.example")
    await town.ask("no HTTP at all\r\n\r\n")
    async with town.peer("ana") as ana:
        await ana.is_served()
    async with town.peer("beto") as beto:
        await beto.socket.send(b"binary")
        await beto.closed_with()
    async with town.peer("ana") as ana:
        transport = ana.socket.transport
        lost = transport.get_extra_info("socket")
        lost.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        transport.abort()
        await town.until(lambda: not town.door.connections)

"""A bad network between devices and the server: `python -m tests.faults.proxy LISTEN TARGET`.

It obeys the lines of its input, each for all connections at once and until the next:

    well         pass everything on
    delay        each piece of data waits, 10 to 300 ms
    crumble      data comes in pieces of a few bytes
    cut          half of a piece gets through, then both ends are closed
    reset        the same, with a TCP reset
    black-hole   connections stay open and nothing gets through; new ones too
    black-hole-up  the same, of what devices send only

What a black hole kept comes late, whole and in order, on connections that nobody gave up: TCP sends
again what was lost. It never leaves a gap in a stream that goes on.
"""

import random
import socket
import struct
import sys
from contextlib import suppress
from typing import Final

import trio

CHUNK: Final = 65_536
CRUMB: Final = 7
DELAY_S: Final = (0.01, 0.3)
ENDING: Final = ("cut", "reset")
HOLES: Final = ("black-hole",)
HOLES_UP: Final = ("black-hole", "black-hole-up")
BROKEN: Final = (OSError, trio.BrokenResourceError, trio.ClosedResourceError)


class Weather:
    """What the network is like; one for all connections."""

    def __init__(self) -> None:
        self.now = "well"
        self.changed = trio.Event()

    def becomes(self, word: str) -> None:
        self.now = word
        self.changed.set()
        self.changed = trio.Event()

    async def clears(self, *words: str) -> None:
        """Wait until it is none of these."""
        while self.now in words:
            await self.changed.wait()


class Line:
    """One device's connection, and ours to the server in its place."""

    def __init__(self, device: trio.SocketStream, target: int, weather: Weather) -> None:
        self._device = device
        self._target = target
        self._weather = weather
        self._chance = random.Random(0)  # noqa: S311

    async def carry(self) -> None:
        async with self._device:
            await self._weather.clears(*HOLES, *ENDING)
            with suppress(*BROKEN):
                server = await trio.open_tcp_stream("127.0.0.1", self._target)
                async with server, trio.open_nursery() as nursery:
                    nursery.start_soon(self._pass, self._device, server, True, nursery)
                    nursery.start_soon(self._pass, server, self._device, False, nursery)

    async def _pass(
        self, source: trio.SocketStream, sink: trio.SocketStream, is_up: bool, nursery: trio.Nursery
    ) -> None:
        with suppress(*BROKEN):
            async for data in source:
                if not await self._send(sink, bytes(data), is_up):
                    break
        nursery.cancel_scope.cancel()

    async def _send(self, sink: trio.SocketStream, data: bytes, is_up: bool) -> bool:
        """Send it as the weather is. False: this connection is over."""
        await self._weather.clears(*(HOLES_UP if is_up else HOLES))
        weather = self._weather.now
        if weather == "delay":
            await trio.sleep(self._chance.uniform(*DELAY_S))
        elif weather in ENDING:
            await sink.send_all(data[: len(data) // 2])
            if weather == "reset":
                linger = struct.pack("ii", 1, 0)
                for stream in (self._device, sink):
                    stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return False
        step = CRUMB if weather == "crumble" else CHUNK
        for start in range(0, len(data), step):
            await sink.send_all(data[start : start + step])
        return True


async def main(listen: int, target: int) -> None:
    weather = Weather()

    async def accept(device: trio.SocketStream) -> None:
        await Line(device, target, weather).carry()

    async with trio.open_nursery() as nursery:
        await nursery.start(trio.serve_tcp, accept, listen)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        async for command in trio.wrap_file(sys.stdin):
            weather.becomes(command.strip())
        nursery.cancel_scope.cancel()


if __name__ == "__main__":
    trio.run(main, int(sys.argv[1]), int(sys.argv[2]))

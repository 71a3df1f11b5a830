"""The floor: the very reads and writes of the server, and nothing else.

A bare uvloop program. It looks at no message beyond what names a connection, decides nothing, keeps
nothing, stores nothing; what it sends was said by the real server, with the id of the press put in.
What the server takes beyond this is its own doing.

    python -m bench.floor_program SCRIPT   (see `Script`; prints its port)
"""

import asyncio
import base64
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, cast

import msgspec
import uvloop

from bench.calls import ID_CHARS, sender_of
from bench.dialects import NONCE

HELLO: Final = b'"device_id":"'
MASK_BYTES: Final = 4
"""The key of a masked frame, which precedes its payload."""
SIGNAL_ID_AT: Final = len(b'{"type":"signal","signal_id":"')
ALERT_ID_AT: Final = len(b'{"type":"delivered","alert_id":"')
ACCEPT_KEY: Final = base64.b64encode(
    hashlib.sha1(NONCE.encode() + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest()  # noqa: S324 - RFC 6455
)
UPGRADED: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: " + ACCEPT_KEY + b"\r\n\r\n"
)


class Script(msgspec.Struct, frozen=True):
    """Who is who, and what the server said: whole frames, with the id's place in them."""

    quadrants: dict[str, int]
    """Of each sender's place and each handheld's beat, by device."""
    numbers: dict[str, int]
    """Of each sender."""
    welcome: bytes
    alert: tuple[bytes, bytes]
    """What precedes and what follows the id; so are the others."""
    receipts: tuple[tuple[bytes, bytes], ...]
    """At once with the alert: one. After that, one for each turn of the loop, as a disk answers."""
    confirmations: int
    """Receipts for each `delivered`."""


class Floor:
    """The connections by what they are."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.senders: dict[int, asyncio.Transport] = {}
        self.handhelds: dict[int, list[asyncio.Transport]] = {}


class Line(asyncio.Protocol):
    """One connection."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._loop = asyncio.get_running_loop()
        self._quadrant = -1
        self._is_handheld = False
        self._greeted = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Read, and write what is written at this point."""
        if self._greeted < 2:
            self._greet(data)
        elif self._is_handheld:
            self._confirmed(data)
        elif self._quadrant >= 0:
            self._pressed(data)

    def _greet(self, data: bytes) -> None:
        self._greeted += 1
        if self._greeted == 1:
            self._transport.write(UPGRADED)
            return
        floor, script = self._floor, self._floor.script
        device = data.partition(HELLO)[2].partition(b'"')[0].decode()
        self._quadrant = script.quadrants.get(device, -1)
        number = script.numbers.get(device)
        self._is_handheld = number is None and self._quadrant >= 0
        if self._is_handheld:
            floor.handhelds.setdefault(self._quadrant, []).append(self._transport)
        elif number is not None:
            floor.senders[number] = self._transport
        self._transport.write(script.welcome)

    def _pressed(self, data: bytes) -> None:
        # A press is longer than 125 bytes: its size takes two bytes more.
        at = 4 + MASK_BYTES + SIGNAL_ID_AT
        signal_id = data[at : at + ID_CHARS]
        script = self._floor.script
        head, tail = script.alert
        framed = head + signal_id + tail
        for handheld in self._floor.handhelds[self._quadrant]:
            handheld.write(framed)
        first, *later = script.receipts
        self._transport.write(signal_id.join(first))
        for each in later:
            self._loop.call_soon(self._transport.write, signal_id.join(each))

    def _confirmed(self, data: bytes) -> None:
        script = self._floor.script
        size = 2 + MASK_BYTES + (data[1] & 0x7F)
        for start in range(0, len(data), size):
            at = start + 2 + MASK_BYTES + ALERT_ID_AT
            alert_id = data[at : at + ID_CHARS]
            sender = self._floor.senders[sender_of(alert_id)]
            for _ in range(script.confirmations):
                sender.write(alert_id.join(script.receipts[-1]))


async def serve(script: Script) -> None:
    """Serve until it is ended."""
    floor = Floor(script)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Line(floor), "127.0.0.1", 0, backlog=4_096)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.Event().wait()


def main(argv: Sequence[str] | None = None) -> None:
    """Read the script and serve."""
    (path,) = argv or sys.argv[1:]
    uvloop.run(serve(msgspec.json.decode(Path(path).read_bytes(), type=Script)))


if __name__ == "__main__":
    main()

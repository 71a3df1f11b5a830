"""The core's one port, opened or refused in one sentence."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Any, Final

from dispatch.edge.bounds import ACCEPTED_A_TURN, CLOSE_GRACE_S
from dispatch.edge.exposure import ListenError
from dispatch.edge.half_open import give_up_soon
from protocol.limits import HELLO_DEADLINE_S

BACKLOG: Final = 4_096
"""Handshakes that the kernel keeps for us: everybody comes back at once after a restart."""


class Port:
    """An open port."""

    def __init__(self, servers: Sequence[asyncio.Server]) -> None:
        self._servers = servers

    @property
    def sockets(self) -> Sequence[socket.socket]:
        """What listens, for each address that the host has."""
        return self._servers[0].sockets

    @property
    def number(self) -> int:
        """Which port it is."""
        return int(self.sockets[0].getsockname()[1])

    def close(self) -> None:
        """Take no more connections. Those that are there stay."""
        for server in self._servers:
            server.close()


async def listen(
    connect: Callable[[], asyncio.Protocol], host: str, port: int, context: ssl.SSLContext | None
) -> Port:
    """Open the port; `connect` makes the protocol of each new socket. Raises `ListenError`."""
    loop = asyncio.get_running_loop()
    options: dict[str, Any] = {
        "ssl": context,
        "backlog": BACKLOG,
        "ssl_handshake_timeout": HELLO_DEADLINE_S if context else None,
        "ssl_shutdown_timeout": CLOSE_GRACE_S if context else None,
    }
    try:
        server = await loop.create_server(connect, host, port, **options)
    except (OSError, UnicodeError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise ListenError(
            f"cannot listen on {host} port {port}: {reason}. "
            "Is another server running? Choose another port with --port, or host with --host."
        ) from error
    for listener in server.sockets:
        give_up_soon(listener)
    # libuv takes one connection a turn from each descriptor that it watches: so it is given several
    # of the one socket.
    again = [
        await loop.create_server(
            connect, sock=socket.fromfd(each.fileno(), each.family, each.type), **options
        )
        for each in server.sockets
        for _ in range(ACCEPTED_A_TURN - 1)
    ]
    return Port([server, *again])

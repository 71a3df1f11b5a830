"""The core's one port, opened or refused in one sentence."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Final

from dispatch.edge.bounds import CLOSE_GRACE_S
from dispatch.edge.exposure import ListenError
from dispatch.edge.half_open import give_up_soon
from protocol.limits import HELLO_DEADLINE_S

BACKLOG: Final = 4_096
"""Handshakes that the kernel keeps for us: everybody comes back at once after a restart."""


async def listen(
    connect: Callable[[], asyncio.Protocol], host: str, port: int, context: ssl.SSLContext | None
) -> asyncio.Server:
    """Open the port; `connect` makes the protocol of each new socket. Raises `ListenError`."""
    try:
        server = await asyncio.get_running_loop().create_server(
            connect,
            host,
            port,
            ssl=context,
            backlog=BACKLOG,
            ssl_handshake_timeout=HELLO_DEADLINE_S if context else None,
            ssl_shutdown_timeout=CLOSE_GRACE_S if context else None,
        )
    except (OSError, UnicodeError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise ListenError(
            f"cannot listen on {host} port {port}: {reason}. "
            "Is another server running? Choose another port with --port, or host with --host."
        ) from error
    for listener in server.sockets:
        give_up_soon(listener)
    return server

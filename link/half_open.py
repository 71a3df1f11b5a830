"""Finding a server that is gone without a word, within 10 s: the kernel asks, not this program."""

import socket
from typing import Final

import trio

UNACKNOWLEDGED_MS: Final = 8_000
PROBE_AFTER_S: Final = 4
PROBE_EVERY_S: Final = 1
PROBES: Final = 4
"""Several, for one may be lost, and a telephone that slept needs a second to wake its radio."""


def watch_for_silence(stream: trio.abc.Stream) -> None:
    """Have the kernel end a TCP stream whose peer no longer answers. Other streams are left."""
    if isinstance(stream, trio.SSLStream):
        stream = stream.transport_stream
    if not isinstance(stream, trio.SocketStream):
        return
    tcp = stream.socket
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; elsewhere the pings of the link remain
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, PROBE_AFTER_S)
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_EVERY_S)
        tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES)

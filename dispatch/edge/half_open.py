"""Finding connections whose other end is gone without a word, within 10 s, without our own pings.

The kernel asks: a probe is 66 bytes that wake no Python at either end. Those that wait to be called
(handhelds, control room, sirens, gateways, buttons) are probed while idle; a neighbour's telephone
is not, for probes every few seconds would empty its battery, until it has a press open. What is
sent and not acknowledged is given up after `UNACKNOWLEDGED_MS` for everyone (RFC 5482).
"""

import socket
from typing import Final

UNACKNOWLEDGED_MS: Final = 8_000
PROBE_AFTER_S: Final = 4
PROBE_EVERY_S: Final = 1
PROBES: Final = 4
"""Several, for one may be lost, and a telephone that slept needs a second to wake its radio."""

assert PROBE_AFTER_S + PROBE_EVERY_S * PROBES < 10  # noqa: S101


def give_up_soon(connection: socket.socket) -> None:
    """Give up on what a peer does not acknowledge. On a listener: for all that it accepts."""
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; elsewhere the sessions' own deadlines remain
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNACKNOWLEDGED_MS)


def probe_while_idle(connection: socket.socket) -> None:
    """Have the kernel ask the peer while nothing is said."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, PROBE_AFTER_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_EVERY_S)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES)

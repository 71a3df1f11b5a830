"""The options are set and inherited. That they work is shown by the faults, over a cut link."""

import socket

from dispatch.edge.half_open import (
    PROBE_AFTER_S,
    PROBES,
    UNACKNOWLEDGED_MS,
    give_up_soon,
    probe_while_idle,
)


def test_what_a_listener_accepts_gives_up_soon_and_is_probed_once_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        give_up_soon(listener)
        with socket.create_connection(listener.getsockname()):
            accepted, _ = listener.accept()
            with accepted:
                timeout_ms = accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
                assert timeout_ms == UNACKNOWLEDGED_MS
                assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0
                probe_while_idle(accepted)
                assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == PROBE_AFTER_S
                assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == PROBES

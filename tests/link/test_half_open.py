"""The options are set where there is TCP; the faults show that they work, over a cut link."""

import socket

import trio
from trio.testing import memory_stream_pair

from link.half_open import (
    PROBE_AFTER_S,
    PROBE_EVERY_S,
    PROBES,
    UNACKNOWLEDGED_MS,
    watch_for_silence,
)


def test_silence_is_found_within_ten_seconds() -> None:
    assert PROBE_AFTER_S + PROBE_EVERY_S * PROBES < 10
    assert UNACKNOWLEDGED_MS < 10_000


async def test_a_tcp_stream_is_watched_and_others_are_left_alone() -> None:
    listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listeners[0].socket.getsockname()[1]
    async with await trio.open_tcp_stream("127.0.0.1", port) as stream, listeners[0]:
        watch_for_silence(stream)
        tcp = stream.socket
        assert tcp.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == PROBE_AFTER_S
        timeout_ms = tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
        assert timeout_ms == UNACKNOWLEDGED_MS
    watch_for_silence(memory_stream_pair()[0])

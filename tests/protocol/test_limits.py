"""The bounds of the wire agree with one another."""

from protocol.limits import (
    FRAMES_BURST,
    FRAMES_PER_S,
    GATEWAY_FRAMES_BURST,
    GATEWAY_FRAMES_PER_S,
    PING_INTERVAL_S,
    QUIET_DEADLINE_S,
)


def test_a_client_may_miss_a_ping() -> None:
    assert QUIET_DEADLINE_S >= 2 * PING_INTERVAL_S


def test_a_gateway_may_say_more_than_a_device() -> None:
    assert GATEWAY_FRAMES_BURST > FRAMES_BURST
    assert GATEWAY_FRAMES_PER_S > FRAMES_PER_S

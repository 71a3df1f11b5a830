"""What the protocol promises of a connection is what the core keeps to."""

import pytest

from dispatch.core import limits as kept
from protocol import limits as promised

OF_A_CONNECTION = [
    "HELLO_DEADLINE_S",
    "PING_INTERVAL_S",
    "QUIET_DEADLINE_S",
    "FAULTS_PER_SESSION",
    "ENROLMENTS_PER_SESSION",
    "FRAMES_BURST",
    "FRAMES_PER_S",
    "GATEWAY_FRAMES_BURST",
    "GATEWAY_FRAMES_PER_S",
]


@pytest.mark.parametrize("name", OF_A_CONNECTION)
def test_the_core_keeps_the_promise(name: str) -> None:
    assert getattr(kept, name) == getattr(promised, name)


def test_a_client_may_miss_a_ping() -> None:
    assert promised.QUIET_DEADLINE_S >= 2 * promised.PING_INTERVAL_S

"""That it does the job is tested with all peers alike, in tests/bench/test_peers.py."""

import pytest

from bench.peers import PEERS
from tests.bench.peer_programs.twice import press_twice


def test_a_press_that_comes_again_is_shown_once() -> None:
    lacks = PEERS["fastapi"].missing()
    if lacks:
        pytest.skip(lacks)
    shown, receipts = press_twice("fastapi")
    assert (shown, receipts) == (2, 3)

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bench.city import plan_city
from bench.crowd import DIALECTS
from bench.lines import Lines, Link
from tests.bench.bare import bare_target

CITY = plan_city(quadrants=2, senders=4, idle=6)


@contextmanager
def connected() -> Iterator[tuple[Lines, list[bytes]]]:
    heard: list[bytes] = []

    def take(_link: Link, message: bytes, _at_ns: int) -> None:
        heard.append(message)

    with bare_target(CITY) as target:
        made = Lines(target.address, DIALECTS[target.dialect], CITY.members, take)
        assert len(made.connect(made.links, 3)) == len(CITY.members)
        yield made, heard
        made.close()


def test_the_state_that_a_greeting_brings_is_taken() -> None:
    with connected() as (_, heard):
        assert len(heard) == len(CITY.members)
        assert all(b"synced" in each for each in heard)


def test_only_whoever_was_quiet_says_something() -> None:
    with connected() as (made, _):
        assert made.keep_alive(b"{}") == 0, "all have just greeted"
        idle = {each.device_id for each in CITY.idle}
        made.drop([each for each in made.links if each not in idle])
        assert made.keep_alive(b"{}", -1.0) == len(idle)


def test_a_server_that_hangs_up_is_noticed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            for _ in CITY.idle:
                server.accept()[0].close()

        refusing = threading.Thread(target=refuse)
        refusing.start()
        address = ("127.0.0.1", server.getsockname()[1])
        made = Lines(address, DIALECTS["cuadrante"], CITY.idle, lambda *_: None)
        with pytest.raises(ConnectionError, match="6 devices"):
            made.connect(made.links, 3)
        refusing.join()
        made.close()


def test_what_cannot_be_sent_is_not_thought_sent() -> None:
    with connected() as (made, _):
        link = made.links[CITY.idle[0].device_id]
        with pytest.raises(ConnectionError, match="does not read"):
            made.send(link, bytes(100_000_000))

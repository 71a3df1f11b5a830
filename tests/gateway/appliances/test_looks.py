"""A look is two pictures: one at once, one a while later, whatever the camera does."""

import trio
from trio.testing import MockClock

from dispatch.gateway.appliances.asking import Faulty, Unreachable
from dispatch.gateway.appliances.bounds import SECOND_PICTURE_AFTER_S
from dispatch.gateway.appliances.looks import look
from tests.gateway.appliances.stand_in import no_jitter


class Eye:
    def __init__(self, broken_until_s: float = 0.0, trouble: Exception | None = None) -> None:
        self._broken_until_s = broken_until_s
        self._trouble = trouble or Unreachable("")

    async def picture(self) -> bytes:
        await trio.sleep(0.1)
        if trio.current_time() < self._broken_until_s:
            raise self._trouble
        return b"jpeg"


async def looked(eye: Eye) -> tuple[int, list[float]]:
    at_s: list[float] = []
    began_s = trio.current_time()
    count = await look(eye, lambda *_: at_s.append(trio.current_time() - began_s), no_jitter)
    return count, at_s


async def test_it_is_two_pictures(autojump_clock: MockClock) -> None:
    assert await looked(Eye()) == (2, [0.1, SECOND_PICTURE_AFTER_S + 0.1])


async def test_a_camera_that_comes_back_is_seen_through(autojump_clock: MockClock) -> None:
    count, at_s = await looked(Eye(trio.current_time() + 2.0, Faulty("")))

    assert count == 2
    assert 2 < at_s[0] < 4
    assert at_s[1] == SECOND_PICTURE_AFTER_S + 0.1


async def test_one_that_comes_back_late_gives_the_second(autojump_clock: MockClock) -> None:
    count, at_s = await looked(Eye(trio.current_time() + SECOND_PICTURE_AFTER_S + 1))

    assert count == 1
    assert SECOND_PICTURE_AFTER_S < at_s[0] < 2 * SECOND_PICTURE_AFTER_S


async def test_a_dead_one_is_not_looked_through_for_ever(autojump_clock: MockClock) -> None:
    began_s = trio.current_time()

    assert await looked(Eye(began_s + 3600)) == (0, [])
    assert trio.current_time() - began_s == 2 * SECOND_PICTURE_AFTER_S

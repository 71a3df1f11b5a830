from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from link.living import Living


class Lamp(Living):
    def __init__(self) -> None:
        self.story: list[str] = []

    @asynccontextmanager
    async def _live(self) -> AsyncIterator[None]:
        self.story.append("on")
        try:
            yield
        except KeyError:
            self.story.append("known")
        finally:
            self.story.append("off")


async def test_it_lives_while_the_block_lasts_and_may_live_again() -> None:
    lamp = Lamp()
    for _ in range(2):
        lamp.story.clear()
        async with lamp as entered:
            assert entered is lamp
            assert lamp.story == ["on"]
        assert lamp.story == ["on", "off"]


async def test_an_error_in_the_block_is_seen_inside_and_goes_on_unless_it_is_taken() -> None:
    lamp = Lamp()
    async with lamp:
        raise KeyError
    assert lamp.story == ["on", "known", "off"]
    with pytest.raises(ValueError, match="mine"):
        async with lamp:
            raise ValueError("mine")

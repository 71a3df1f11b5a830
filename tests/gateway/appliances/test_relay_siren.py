"""A siren obeys the last word, and the truth of it is told. In virtual time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from trio.testing import MockClock

from dispatch.gateway.appliances.asking import Faulty, Unreachable
from dispatch.gateway.appliances.bounds import SILENCING_WITHIN_S
from dispatch.gateway.appliances.relay_siren import RelaySiren
from protocol.messages import Sounded
from protocol.vocabulary import SirenState
from tests.gateway.appliances.stand_in import no_jitter

A, B = "01932f7a-5c00-7abc-8def-0123456789aa", "01932f7a-5c00-7abc-8def-0123456789bb"
SOUNDING, SILENT = SirenState.SOUNDING, SirenState.SILENT
FAILED, UNREACHABLE = SirenState.FAILED, SirenState.UNREACHABLE


class Switch:
    """A relay in memory: on until it toggles, and out of order as the test says."""

    def __init__(self) -> None:
        self.on_until_s = 0.0
        self.trouble: Exception | None = None
        self.stuck = False
        self.asked: list[str] = []

    @property
    def is_on(self) -> bool:
        return trio.current_time() < self.on_until_s

    async def switch_on(self, for_s: float) -> bool:
        await self._ask("on")
        if not self.stuck:
            self.on_until_s = trio.current_time() + for_s
        return self.is_on

    async def switch_off(self) -> bool:
        await self._ask("off")
        if not self.stuck:
            self.on_until_s = 0.0
        return not self.is_on

    async def _ask(self, what: str) -> None:
        self.asked.append(what)
        await trio.sleep(0.05)
        if self.trouble is not None:
            raise self.trouble


class Wall:
    def __init__(self, siren: RelaySiren, switch: Switch, said: list[Sounded]) -> None:
        self.siren, self.switch, self._said = siren, switch, said

    def said(self) -> list[tuple[str, SirenState]]:
        """What was told since the test last looked."""
        told = [(each.alert_id, each.state) for each in self._said]
        assert all(each.device_id == "siren-1" for each in self._said)
        self._said.clear()
        return told


@asynccontextmanager
async def wall() -> AsyncIterator[Wall]:
    switch, said = Switch(), list[Sounded]()
    siren = RelaySiren("siren-1", switch, said.append, no_jitter)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(siren.run)
        yield Wall(siren, switch, said)
        nursery.cancel_scope.cancel()


async def test_it_sounds_and_falls_silent_when_its_time_is_over(autojump_clock: MockClock) -> None:
    async with wall() as it:
        it.siren.sound(A, 30)
        await trio.sleep(1)
        assert it.said() == [(A, SOUNDING)]
        assert it.switch.is_on
        await trio.sleep(30)
        assert it.said() == [(A, SILENT)]
        assert not it.switch.is_on
        assert it.switch.asked == ["on", "off"]


async def test_it_is_silenced(autojump_clock: MockClock) -> None:
    async with wall() as it:
        it.siren.sound(A, 30)
        await trio.sleep(1)
        it.siren.silence(A)
        await trio.sleep(1)
        assert it.said() == [(A, SOUNDING), (A, SILENT)]
        assert not it.switch.is_on


async def test_silenced_at_once_the_off_comes_last(autojump_clock: MockClock) -> None:
    async with wall() as it:
        it.siren.sound(A, 30)
        await trio.sleep(0.01)  # the relay has been asked, and has not answered
        it.siren.silence(A)
        await trio.sleep(1)
        assert it.switch.asked == ["on", "off"]
        assert not it.switch.is_on
        assert it.said() == [(A, SILENT)]


async def test_the_last_word_counts(autojump_clock: MockClock) -> None:
    async with wall() as it:
        it.siren.sound(A, 30)
        await trio.sleep(1)
        it.siren.sound(B, 60)
        await trio.sleep(1)
        assert it.said() == [(A, SOUNDING), (B, SOUNDING)]
        await trio.sleep(50)
        assert it.switch.is_on
        it.siren.silence(A)  # whichever alert it is said for: the core has thought of all
        await trio.sleep(1)
        assert it.said() == [(A, SILENT)]
        assert not it.switch.is_on
        await trio.sleep(60)
        assert it.said() == []


async def test_what_is_said_while_the_relay_is_asked_is_done_next(
    autojump_clock: MockClock,
) -> None:
    async with wall() as it:
        it.siren.sound(A, 30)
        await trio.sleep(0.01)
        it.siren.sound(B, 60)
        await trio.sleep(1)
        assert it.said() == [(B, SOUNDING)]
        assert it.switch.on_until_s - trio.current_time() > 58


async def test_asked_again_it_answers_again(autojump_clock: MockClock) -> None:
    async with wall() as it:
        it.siren.sound(A, 30)
        await trio.sleep(1)
        it.siren.sound(A, 29)
        await trio.sleep(1)
        assert it.said() == [(A, SOUNDING), (A, SOUNDING)]


async def test_it_is_tried_again_for_as_long_as_it_is_wanted(autojump_clock: MockClock) -> None:
    async with wall() as it:
        it.switch.trouble = Unreachable("")
        it.siren.sound(A, 30)
        await trio.sleep(5)
        it.switch.trouble = Faulty("")
        await trio.sleep(10)
        it.switch.trouble = None
        await trio.sleep(6)
        assert it.said() == [(A, UNREACHABLE), (A, FAILED), (A, SOUNDING)]
        left_s = it.switch.on_until_s - trio.current_time()
        assert 8 < left_s < 10, "no longer than was wanted from the beginning"


async def test_one_that_never_sounded_does_not_fall_silent(autojump_clock: MockClock) -> None:
    async with wall() as it:
        it.switch.stuck = True
        it.siren.sound(A, 30)
        await trio.sleep(40)
        assert it.said() == [(A, FAILED)]
        asked = len(it.switch.asked)
        await trio.sleep(3600)
        assert len(it.switch.asked) == asked


async def test_one_that_cannot_be_switched_off_is_tried_for_a_while(
    autojump_clock: MockClock,
) -> None:
    async with wall() as it:
        it.siren.sound(A, 300)
        await trio.sleep(1)
        it.switch.trouble = Unreachable("")
        it.siren.silence(A)
        await trio.sleep(10)
        assert it.said() == [(A, SOUNDING), (A, UNREACHABLE)]
        await trio.sleep(SILENCING_WITHIN_S + 10)
        asked = len(it.switch.asked)
        await trio.sleep(3600)
        assert len(it.switch.asked) == asked
        assert it.said() == []


async def test_switched_off_late_it_is_silent(autojump_clock: MockClock) -> None:
    async with wall() as it:
        it.siren.sound(A, 300)
        await trio.sleep(1)
        it.switch.trouble = Unreachable("")
        it.siren.silence(A)
        await trio.sleep(10)
        it.switch.trouble = None
        await trio.sleep(10)
        assert it.said() == [(A, SOUNDING), (A, UNREACHABLE), (A, SILENT)]
        assert not it.switch.is_on

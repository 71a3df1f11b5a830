"""One timer that follows the next deadline."""

import asyncio
import math

from dispatch.core.limits import DEVICES_PER_TICK
from dispatch.edge.clock import read_clock
from dispatch.edge.ticker import TICKS_APART_S, Ticker
from protocol.messages import Alert, Trouble
from protocol.vocabulary import Role, TroubleKind
from tests.edge.town import PATIENCE_S, Town, device, on_uvloop, open_town, press, pressed_and_seen

FALL_SILENT = 200 * DEVICES_PER_TICK


class Due:
    """Deadlines that are taken away once they have passed, as the dispatcher does."""

    def __init__(self, *in_s: float) -> None:
        now_s = read_clock().mono_s
        self.at_s = sorted(now_s + each for each in in_s)
        self.ticks: list[int] = []
        self.done = asyncio.Event()
        self.ticker = Ticker(lambda: self.at_s[0] if self.at_s else None, self._tick)

    def add(self, in_s: float) -> None:
        self.at_s = sorted([*self.at_s, read_clock().mono_s + in_s])
        self.ticker.look()

    def _tick(self) -> None:
        now_s = read_clock().mono_s
        left = [at_s for at_s in self.at_s if at_s > now_s]
        self.ticks.append(len(self.at_s) - len(left))
        self.at_s = left
        if not left:
            self.done.set()

    async def all_done(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await self.done.wait()


@on_uvloop
async def test_it_wakes_for_each_deadline_without_being_asked_again() -> None:
    due = Due(0.02, 0.05, 0.1)
    due.ticker.look()
    await due.all_done()
    assert sum(due.ticks) == 3


@on_uvloop
async def test_a_nearer_deadline_comes_first() -> None:
    due = Due(3_600)
    due.ticker.look()
    due.add(0.02)
    async with asyncio.timeout(PATIENCE_S):
        while len(due.at_s) > 1:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
    assert sum(due.ticks) == 1


@on_uvloop
async def test_a_deadline_in_the_past_is_due_at_once() -> None:
    due = Due(-5)
    due.ticker.look()
    await due.all_done()


@on_uvloop
async def test_deadlines_close_after_a_tick_are_seen_to_together() -> None:
    due = Due(-1)
    due.ticker.look()
    async with asyncio.timeout(PATIENCE_S):
        while not due.ticks:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0)
    due.done.clear()
    for number in range(1, 6):
        due.add(number * TICKS_APART_S / 10)
    await due.all_done()
    assert due.ticks == [1, 5]


@on_uvloop
async def test_nothing_due_sets_no_timer() -> None:
    due = Due()
    due.ticker.look()
    assert due.ticker._timer is None


@on_uvloop
async def test_a_press_arms_it_and_its_next_deadline_is_followed() -> None:
    async with (
        open_town() as town,
        town.peer("patrol-w", on_duty=True) as patrol,
        town.peer("ana") as ana,
    ):
        await pressed_and_seen(ana, patrol, press())
        assert town.ticker._due_s == town.dispatcher.next_deadline_s() is not None


def fall_silent_together(town: Town) -> None:
    """Have thousands of buttons be missing by now."""
    for number in range(FALL_SILENT):
        town.outbox.handle(device(f"button-{number}", Role.BUTTON))
    kit, now = town.dispatcher.city.kit, read_clock()
    kit.since_s = -math.inf
    for number in range(FALL_SILENT):
        kit.watched[f"button-{number}"].heard_s = -math.inf
        kit.deadlines.remind(now.mono_s, f"button-{number}")
    town.ticker.look()


@on_uvloop
async def test_a_press_has_its_turn_while_a_whole_city_falls_silent() -> None:
    async with (
        open_town() as town,
        town.peer("op", on_duty=True) as operator,
        town.peer("patrol-w", on_duty=True) as patrol,
        town.peer("ana") as ana,
    ):
        fall_silent_together(town)
        await operator.hear_a(Trouble)
        await ana.say(press())
        await patrol.hear_a(Alert)
        missing = town.dispatcher.city.kit.open_by_kind
        assert 0 < missing[TroubleKind.MISSING] < FALL_SILENT
        await town.until(lambda: missing[TroubleKind.MISSING] == FALL_SILENT)

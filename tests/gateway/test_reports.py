import trio
from trio.testing import MockClock

from dispatch.gateway.bounds import CALLS_PER_MESSAGE_MAX, UNSETTLED_MAX
from dispatch.gateway.core_link import CoreLink
from dispatch.gateway.desk import read_clock
from dispatch.gateway.reports import Ending, Report
from dispatch.gateway.resends import Resends
from protocol.messages import Error, Signal, Text
from protocol.sia_dc09.decode import Account, Message, decode
from protocol.vocabulary import ErrorCode, Kind
from tests.clients.samples import an_id
from tests.gateway.rig import ACCOUNT, PANEL, frame, linked, receipt


def message(block: str) -> Message:
    read = decode(frame(block), {ACCOUNT: Account()}, 0.0)
    assert isinstance(read, Message)
    return read


class Followed:
    """A report, and what became of it."""

    def __init__(self, link: CoreLink, block: str) -> None:
        self.endings: list[Ending] = []
        self.report = Report(
            link,
            Resends(),
            read_clock,
            PANEL,
            message(block),
            lambda _, ending: self.endings.append(ending),
        )
        self.last_call = self.report.send(None)


async def test_it_is_over_once_when_calls_are_stored_and_the_rest_is_taken(
    autojump_clock: MockClock,
) -> None:
    async with linked() as (link, core):
        await core.welcome()
        one = Followed(link, "Nri1/PA003/YT000")
        signal = await core.hear(Signal)
        assert one.last_call == signal.signal_id
        await core.say(receipt(signal.signal_id, stored=False))
        assert one.endings == []
        await core.say(receipt(signal.signal_id, version=2), receipt(signal.signal_id, version=3))
        assert one.endings == [Ending.STORED]


async def test_without_a_core_its_calls_go_out_later_and_the_rest_is_asked_for_again(
    autojump_clock: MockClock,
) -> None:
    async with linked() as (link, core):
        one = Followed(link, "Nri1/PA003/YT000")
        await core.welcome()
        signal = await core.hear(Signal)
        await core.say(receipt(signal.signal_id))
        assert one.endings == []  # the panel sends it again: the trouble was not taken


async def test_one_call_that_is_refused_is_enough(autojump_clock: MockClock) -> None:
    async with linked() as (link, core):
        await core.welcome()
        one = Followed(link, "Nri1/PA003/HA004")
        first, second = await core.hear(Signal), await core.hear(Signal)
        await core.say(receipt(first.signal_id))
        refused = Error(code=ErrorCode.NOT_ALLOWED, text=Text("", ""), ref=second.signal_id)
        await core.say(refused)
        assert one.endings == [Ending.REFUSED]


async def test_a_message_holds_so_many_calls_and_the_same_zone_calls_once(
    autojump_clock: MockClock,
) -> None:
    async with linked() as (link, core):
        await core.welcome()
        zones = "/".join(f"PA{zone:03X}" for zone in range(2 * CALLS_PER_MESSAGE_MAX))
        Followed(link, f"Nri1/{zones}/{zones}")
        heard = [each for each in await core.unheard() if isinstance(each, Signal)]
        assert len({each.signal_id for each in heard}) == len(heard) == CALLS_PER_MESSAGE_MAX


async def test_without_room_it_is_never_over(autojump_clock: MockClock) -> None:
    async with linked() as (link, _):
        for number in range(UNSETTLED_MAX):
            link.calls.take(Signal(signal_id=an_id(number), kind=Kind.PANIC), trio.current_time())
        assert Followed(link, "Nri1/PA003").endings == []
        assert link.calls.unsettled == UNSETTLED_MAX

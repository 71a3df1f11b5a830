import trio
from trio.testing import MockClock

from dispatch.gateway.bounds import BEAT_S, CORE_AWAY_S, STORED_WITHIN_S
from protocol.messages import Command, Condition, Contact, Kit, Seen, Signal
from protocol.vocabulary import Action, Kind, TroubleKind
from tests.clients.samples import an_id
from tests.gateway.rig import KIT, PANEL, linked, receipt, settled

PRESS = Signal(
    signal_id=an_id(), ref=an_id(), kind=Kind.PANIC, source_device_id=PANEL, pressed_at_ms=1
)


async def test_a_press_made_while_the_core_is_away_goes_first_when_it_is_there(
    autojump_clock: MockClock,
) -> None:
    async with linked() as (link, core):
        link.contacts.note(PANEL)
        call = link.calls.take(PRESS, trio.current_time())
        await core.welcome()
        assert await core.hear(Signal) == PRESS
        assert await core.hear(Contact) == Contact(seen=(Seen(PANEL),))
        await core.say(receipt(an_id()))
        assert call is not None
        assert call.stored


async def test_after_a_new_welcome_what_is_not_stored_is_sent_again(
    autojump_clock: MockClock,
) -> None:
    async with linked() as (link, core):
        await core.welcome()
        link.calls.take(PRESS, trio.current_time())
        assert await core.hear(Signal) == PRESS
        await core.cut()
        assert not link.up
        await core.welcome()
        assert await core.hear(Signal) == PRESS


async def test_silence_has_it_sent_again(autojump_clock: MockClock) -> None:
    async with linked() as (link, core):
        await core.welcome()
        link.calls.take(PRESS, trio.current_time())
        assert await core.hear(Signal) == PRESS
        started_s = trio.current_time()
        assert await core.hear(Signal) == PRESS
        assert STORED_WITHIN_S <= trio.current_time() - started_s <= STORED_WITHIN_S + BEAT_S


async def test_contacts_are_told_together_about_once_a_second(autojump_clock: MockClock) -> None:
    async with linked() as (link, core):
        await core.welcome()
        for number in range(3):
            link.contacts.note(f"panel-{number}")
        started_s = trio.current_time()
        assert len((await core.hear(Contact)).seen) == 3
        assert trio.current_time() - started_s <= BEAT_S
        await trio.sleep(5 * BEAT_S)
        assert await core.unheard() == []


async def test_the_core_is_near_until_it_was_away_for_long(autojump_clock: MockClock) -> None:
    async with linked() as (link, core):
        assert link.is_near  # it has not been waited for yet
        await core.welcome()
        await trio.sleep(2 * CORE_AWAY_S)
        assert link.is_near
        core.server.refusing = 1_000
        await core.cut()
        await trio.sleep(CORE_AWAY_S - 1)
        assert link.is_near
        await trio.sleep(2)
        assert not link.is_near


async def test_whoever_waits_hears_when_the_core_has_taken_contacts_and_conditions(
    autojump_clock: MockClock,
) -> None:
    async with linked() as (link, core):
        assert not link.when_taken(lambda: None)  # nobody is there to take it
        await core.welcome()
        taken: list[bool] = []
        link.contacts.note(PANEL, tested=True)
        link.conditions.tell(PANEL, TroubleKind.TAMPER, present=True)
        assert link.when_taken(lambda: taken.append(True))
        condition = Condition(device_id=PANEL, trouble=TroubleKind.TAMPER, present=True)
        assert await core.hear(Condition) == condition
        assert (await core.hear(Contact)).seen == (Seen(PANEL, tested=True),)
        await settled()
        assert taken == [True]


async def test_what_is_wrong_is_told_to_each_core_until_its_device_goes(
    autojump_clock: MockClock,
) -> None:
    async with linked() as (link, core):
        await core.welcome()
        link.conditions.tell(PANEL, TroubleKind.TAMPER, present=True)
        told = await core.hear(Condition)
        await core.cut()
        await core.welcome()
        assert await core.hear(Condition) == told
        await core.say(Kit(removed=(PANEL,)))
        await core.cut()
        await core.welcome(Kit(devices=KIT.devices[1:]))
        assert await core.unheard() == []


async def test_commands_and_welcomes_are_handed_on(autojump_clock: MockClock) -> None:
    async with linked() as (link, core):
        commands: list[Command] = []
        greetings: list[str] = []
        link.on_command.append(commands.append)
        link.on_greeted.append(lambda: greetings.append("hello"))
        await core.welcome()
        look = Command(action=Action.LOOK, alert_id=an_id(), device_id="camera-1")
        await core.say(look)
        assert (commands, greetings) == ([look], ["hello"])

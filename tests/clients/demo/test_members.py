import pytest

from clients.demo import intent
from clients.demo.beats import away_m
from clients.demo.intent import Sequel
from clients.demo.members import act
from protocol.messages import Signal
from protocol.vocabulary import Kind, Role, Stage
from tests.clients.demo.stage import HOME, acting, hear, player
from tests.clients.samples import receipt
from tests.link.peer import Guest


@pytest.fixture(autouse=True)
def every_phone_has_a_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intent, "NO_FIX_SHARE", 0.0)


def always(monkeypatch: pytest.MonkeyPatch, sequel: Sequel) -> None:
    monkeypatch.setattr(intent, "_SEQUELS", ((1.0, sequel),))
    monkeypatch.setattr(intent, "_KINDS", ((1.0, Kind.PANIC),))


async def hear_a_press(guest: Guest) -> Signal:
    signal = await hear(guest, Signal)
    assert signal.position is not None
    assert away_m(signal.position.lat, signal.position.lon, HOME.lat, HOME.lon) < 250
    return signal


async def test_members_press_near_home_and_again_when_it_is_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    always(monkeypatch, Sequel.NONE)
    async with acting(act, player(Role.APP)) as (_, server):
        guest = await server.visit()
        await guest.welcome()
        first = await hear_a_press(guest)
        await guest.say(receipt(first.signal_id))
        assert guest.unheard() == [], "one who waits for help does not begin another emergency"
        await guest.say(receipt(first.signal_id, 2, Stage.CLOSED))
        second = await hear_a_press(guest)
        await guest.say(receipt(second.signal_id))
        assert second.signal_id != first.signal_id


async def test_a_neighbour_presses_too(monkeypatch: pytest.MonkeyPatch) -> None:
    always(monkeypatch, Sequel.NEIGHBOUR)
    monkeypatch.setattr(intent, "SEQUEL_AFTER_S", (0.0, 0.01))
    async with acting(act, player(Role.APP, "app-1"), player(Role.APP, "app-2")) as (_, server):
        guests = [await server.visit(), await server.visit()]
        for guest in guests:
            await guest.welcome()
        signals = [await hear_a_press(guest) for guest in guests]
        for guest, signal in zip(guests, signals, strict=True):
            await guest.say(receipt(signal.signal_id))
    assert {signal.kind for signal in signals} == {Kind.PANIC}

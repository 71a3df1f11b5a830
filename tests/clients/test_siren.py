"""A siren obeys its last command, says what it truly does, and never sounds on: in virtual time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio
import trio.testing

from clients.siren import FOR_S, FOR_S_MAX, SAID_AGAIN_WITHIN_S, Siren
from link.enrolment import Credentials
from link.errors import Refused
from protocol.close_codes import CloseCode
from protocol.messages import Command, Sounded
from protocol.vocabulary import Action, Role, SirenState
from tests.clients.samples import an_id
from tests.link.peer import Guest, MemoryPeer

SIREN = Credentials("siren-1", Role.SIREN, "siren-token")
SOUNDING, SILENT, FAILED = SirenState.SOUNDING, SirenState.SILENT, SirenState.FAILED


class Relay:
    """What a siren switches, and when it did."""

    def __init__(self) -> None:
        self.moves: list[tuple[float, bool]] = []
        self.is_stuck = False

    def __call__(self, on: bool) -> None:
        if self.is_stuck:
            raise OSError("stuck")
        self.moves.append((trio.current_time(), on))

    @property
    def is_on(self) -> bool:
        return bool(self.moves) and self.moves[-1][1]


@asynccontextmanager
async def a_siren() -> AsyncIterator[tuple[MemoryPeer, Siren, Relay]]:
    async with trio.open_nursery() as nursery:
        server, relay = MemoryPeer(nursery), Relay()
        async with Siren(server.url, SIREN, relay, dial=server.dial) as siren:
            yield server, siren, relay
        nursery.cancel_scope.cancel()


async def sound(guest: Guest, for_s: int | None = 120, number: int = 1) -> None:
    await guest.say(Command(action=Action.SOUND, alert_id=an_id(number), for_s=for_s))


async def heard(guest: Guest, state: SirenState, number: int = 1) -> None:
    assert await guest.hear(Sounded) == Sounded(alert_id=an_id(number), state=state)


async def test_it_sounds_says_so_and_stops_by_itself(autojump_clock: trio.abc.Clock) -> None:
    async with a_siren() as (server, siren, relay):
        guest = await server.visit()
        await guest.welcome()
        await sound(guest)
        await heard(guest, SOUNDING)
        await trio.sleep(119)
        assert siren.is_sounding
        await heard(guest, SILENT)
        assert not siren.is_sounding
        (on_s, on), (off_s, off) = relay.moves
        assert (on, off, off_s - on_s) == (True, False, pytest.approx(120))


async def test_it_falls_silent_when_told_to(autojump_clock: trio.abc.Clock) -> None:
    async with a_siren() as (server, _, relay):
        guest = await server.visit()
        await guest.welcome()
        await sound(guest)
        await heard(guest, SOUNDING)
        await guest.say(Command(action=Action.SILENCE, alert_id=an_id()))
        await heard(guest, SILENT)
        assert not relay.is_on
        await guest.say(Command(action=Action.SILENCE, alert_id=an_id()))
        await heard(guest, SILENT)  # once more is answered the same


async def test_the_last_command_counts(autojump_clock: trio.abc.Clock) -> None:
    async with a_siren() as (server, _, relay):
        guest = await server.visit()
        await guest.welcome()
        await sound(guest, 100)
        await heard(guest, SOUNDING)
        await trio.sleep(60)
        await sound(guest, 180, number=2)
        await heard(guest, SOUNDING, number=2)
        await trio.sleep(179)
        await heard(guest, SILENT, number=2)
        assert relay.moves[-1][0] - relay.moves[0][0] == pytest.approx(240)


@pytest.mark.parametrize(("for_s", "lasts_s"), [(None, FOR_S), (1_000_000, FOR_S_MAX)])
async def test_no_command_makes_it_sound_for_ever(
    for_s: int | None, lasts_s: int, autojump_clock: trio.abc.Clock
) -> None:
    async with a_siren() as (server, _, relay):
        guest = await server.visit()
        await guest.welcome(ping_interval_s=10)
        await sound(guest, for_s)
        await heard(guest, SOUNDING)
        await trio.sleep(lasts_s - 1)
        await heard(guest, SILENT)
        assert relay.moves[-1][0] - relay.moves[0][0] == pytest.approx(lasts_s)


async def test_a_lost_connection_changes_nothing_and_the_end_is_said_on_the_next(
    autojump_clock: trio.abc.Clock,
) -> None:
    async with a_siren() as (server, siren, relay):
        guest = await server.visit()
        await guest.welcome()
        await sound(guest, 20)
        await heard(guest, SOUNDING)
        server.refusing = 1_000
        await guest.cut()
        await trio.sleep(10)
        assert relay.is_on
        await trio.sleep(11)
        assert not relay.is_on
        server.refusing = 0
        siren.link.hurry()
        guest = await server.visit()
        await guest.welcome()
        await heard(guest, SILENT)


async def test_while_it_sounds_it_says_so_on_every_connection(
    autojump_clock: trio.abc.Clock,
) -> None:
    async with a_siren() as (server, _, _relay):
        guest = await server.visit()
        await guest.welcome()
        await sound(guest, 500)
        await heard(guest, SOUNDING)
        await trio.sleep(2 * SAID_AGAIN_WITHIN_S)
        await guest.close(CloseCode.DRAINING)
        guest = await server.visit()
        await guest.welcome()
        await heard(guest, SOUNDING)
        await sound(guest, 400)  # the server repeats what still holds
        await heard(guest, SOUNDING)


async def test_what_was_over_long_ago_is_not_said_again(autojump_clock: trio.abc.Clock) -> None:
    async with a_siren() as (server, _, _relay):
        guest = await server.visit()
        await guest.welcome()
        await sound(guest, 5)
        await heard(guest, SOUNDING)
        await heard(guest, SILENT)
        await trio.sleep(SAID_AGAIN_WITHIN_S + 1)
        await guest.close(CloseCode.DRAINING)
        guest = await server.visit()
        await guest.welcome()
        await trio.sleep(1)
        assert guest.unheard() == []


async def test_a_switch_that_does_not_move_is_said(autojump_clock: trio.abc.Clock) -> None:
    async with a_siren() as (server, siren, relay):
        relay.is_stuck = True
        guest = await server.visit()
        await guest.welcome()
        await sound(guest)
        await heard(guest, FAILED)
        assert relay.moves == []
        relay.is_stuck = False
        await sound(guest)
        await heard(guest, SOUNDING)
        assert siren.is_sounding


async def test_leaving_it_leaves_it_silent(autojump_clock: trio.abc.Clock) -> None:
    async with a_siren() as (server, _, relay):
        guest = await server.visit()
        await guest.welcome()
        await sound(guest)
        await heard(guest, SOUNDING)
    assert not relay.is_on


async def test_one_that_the_server_will_not_have_falls_silent(
    autojump_clock: trio.abc.Clock,
) -> None:
    relay = Relay()
    async with trio.open_nursery() as nursery:
        server = MemoryPeer(nursery)

        async def live() -> None:
            async with Siren(server.url, SIREN, relay, dial=server.dial):
                guest = await server.visit()
                await guest.welcome()
                await sound(guest)
                await heard(guest, SOUNDING)
                await guest.close(CloseCode.REVOKED)
                await trio.sleep_forever()

        with pytest.raises(Refused):
            await live()
        nursery.cancel_scope.cancel()
    assert not relay.is_on

"""A handheld's own part: delivered, accept, arrive. The rest is test_watch's."""

import pytest
import trio

from clients.errors import ActionRefused
from clients.patrol import Patrol
from protocol.messages import Accept, Alert, Arrive, Delivered, Duty, Position, PositionReport
from protocol.vocabulary import AlertState, ErrorCode
from tests.clients.samples import PATROL, alert, an_id, error, owner
from tests.link.peer import PATIENCE_S, Guest, Peer, peer

OPEN = alert()
MINE = alert(version=2, state=AlertState.ACCEPTED, owned_by=owner())
HERE = alert(version=3, state=AlertState.ON_SCENE, owned_by=owner())


async def back(server: Peer, patrol: Patrol, *state: Alert) -> Guest:
    """Welcome the next connection, and hear each alert of the state confirmed."""
    guest = await server.visit()
    await guest.welcome(*state)
    for each in state:
        heard = await guest.hear(Delivered)
        assert (heard.alert_id, heard.version) == (each.alert_id, each.version)
    with trio.fail_after(PATIENCE_S):
        await patrol.synced()
    return guest


async def _accepted(patrol: Patrol, got: list[Alert]) -> None:
    got.append(await patrol.accept(an_id(), eta_s=240))


async def test_an_alert_is_confirmed_once_however_often_it_changes() -> None:
    async with peer() as server, Patrol(server.url, PATROL) as patrol:
        guest = await back(server, patrol, OPEN)
        await guest.say(alert(version=2), alert(version=3), alert(an_id(2)))
        assert (await guest.hear(Delivered)).alert_id == an_id(2)


async def test_after_a_reconnect_it_is_confirmed_again_for_the_first_may_be_lost() -> None:
    async with peer() as server, Patrol(server.url, PATROL) as patrol:
        guest = await back(server, patrol, OPEN)
        await guest.cut()
        await back(server, patrol, alert(version=4))


async def test_a_closed_alert_is_not_confirmed() -> None:
    async with peer() as server, Patrol(server.url, PATROL) as patrol:
        guest = await back(server, patrol)
        await guest.say(alert(an_id(1), 9, AlertState.CLOSED), alert(an_id(2)))
        assert (await guest.hear(Delivered)).alert_id == an_id(2)


async def test_accept_and_arrive_return_the_alert_that_shows_them() -> None:
    async with peer() as server, Patrol(server.url, PATROL) as patrol:
        guest = await back(server, patrol, OPEN)
        got: list[Alert] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_accepted, patrol, got)
            assert (await guest.hear(Accept)).eta_s == 240
            await guest.say(alert(version=2))  # somebody corroborated; that is no answer
            await guest.say(alert(version=3, state=AlertState.ACCEPTED, owned_by=owner()))
        assert got[0].version == 3
        async with trio.open_nursery() as nursery:
            nursery.start_soon(patrol.arrive, an_id())
            await guest.hear(Arrive)
            await guest.say(alert(version=4, state=AlertState.ON_SCENE, owned_by=owner()))
        assert patrol.open[an_id()].state is AlertState.ON_SCENE


async def test_an_accept_that_was_applied_before_the_link_broke_is_not_sent_again() -> None:
    async with peer() as server, Patrol(server.url, PATROL) as patrol:
        guest = await back(server, patrol, OPEN)
        got: list[Alert] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_accepted, patrol, got)
            await guest.hear(Accept)
            await guest.cut()
            guest = await back(server, patrol, MINE)
        assert got == [MINE]
        assert patrol.moved_to(Position(lat=10.4, lon=-75.5))
        await guest.hear(PositionReport)  # and no accept before it


async def test_an_accept_that_was_lost_is_sent_again_with_its_ref() -> None:
    async with peer() as server, Patrol(server.url, PATROL) as patrol:
        guest = await back(server, patrol, OPEN)
        got: list[Alert] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_accepted, patrol, got)
            first = await guest.hear(Accept)
            await guest.cut()
            guest = await back(server, patrol, OPEN)
            assert await guest.hear(Accept) == first
            await guest.say(MINE)
        assert got == [MINE]


async def test_what_a_killed_server_has_forgotten_is_sent_again_in_order() -> None:
    async with peer() as server, Patrol(server.url, PATROL) as patrol:
        guest = await back(server, patrol, OPEN)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_accepted, patrol, [])
            accept = await guest.hear(Accept)
            await guest.say(MINE)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(patrol.arrive, an_id())
            arrive = await guest.hear(Arrive)
            await guest.say(HERE)
        for state, resent in ((HERE, []), (OPEN, [accept, arrive]), (MINE, [arrive])):
            await guest.cut()
            guest = await back(server, patrol, state)
            assert [await guest.hear(type(each)) for each in resent] == resent
        for on_duty in (False, True):
            await patrol.duty(on_duty)
            await guest.hear(Duty)
        await guest.cut()
        guest = await back(server, patrol, OPEN)
        assert patrol.moved_to(Position(lat=10.4, lon=-75.5))
        await guest.hear(PositionReport)  # and no accept before it: it went off duty since


async def test_losing_the_race_is_raised_with_its_code() -> None:
    async with peer() as server, Patrol(server.url, PATROL) as patrol:
        guest = await back(server, patrol, OPEN)

        async def accept() -> None:
            with pytest.raises(ActionRefused) as refused:
                await patrol.accept(an_id())
            assert refused.value.code is ErrorCode.ALREADY_OWNED

        async with trio.open_nursery() as nursery:
            nursery.start_soon(accept)
            heard = await guest.hear(Accept)
            theirs = alert(version=2, state=AlertState.ACCEPTED, owned_by=owner("patrol-2"))
            await guest.say(theirs, error(ErrorCode.ALREADY_OWNED, heard.ref))
        assert patrol.open[an_id()].owner == owner("patrol-2")


async def test_accepting_again_sends_the_new_eta_and_waits_for_news() -> None:
    async with peer() as server, Patrol(server.url, PATROL) as patrol:
        guest = await back(server, patrol, MINE)
        got: list[Alert] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_accepted, patrol, got)
            await guest.hear(Accept)
            await guest.say(HERE)
        assert got == [HERE]


async def test_a_new_patrol_is_on_duty_unless_told_otherwise() -> None:
    async with peer() as server:
        for on_duty in (True, False):
            async with Patrol(server.url, PATROL, on_duty=on_duty):
                guest = await server.visit()
                assert (await guest.welcome()).on_duty is on_duty

import msgspec
import pytest

from clients.demo.handhelds import act
from clients.demo.reports import Shown
from protocol.messages import Accept, Alert, Arrive, Close, Delivered
from protocol.vocabulary import AlertState, Outcome, Role
from tests.clients.demo.stage import acting, hear, player, reported
from tests.clients.samples import alert, an_id, owner
from tests.link.peer import Guest

PATROL = player(Role.PATROL, "patrol-1")


async def close_after(
    guest: Guest, number: int, *, cancel_requested_at_ms: int | None = None
) -> Close:
    """Play the server for a patrol that attends one alert, from its accept on."""
    accept = await hear(guest, Accept)
    assert accept.alert_id == an_id(number)
    mine = owner(eta_s=accept.eta_s)
    await guest.say(alert(an_id(number), 2, AlertState.ACCEPTED, owned_by=mine))
    await hear(guest, Arrive)
    there = alert(an_id(number), 3, AlertState.ON_SCENE, owned_by=mine)
    await guest.say(msgspec.structs.replace(there, cancel_requested_at_ms=cancel_requested_at_ms))
    closing = await hear(guest, Close)
    ended = alert(an_id(number), 4, AlertState.CLOSED, owned_by=mine, outcome=closing.outcome)
    await guest.say(ended)
    return closing


async def test_a_patrol_shows_accepts_arrives_and_closes(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    async with acting(act, PATROL) as (_, server):
        guest = await server.visit()
        hello = await guest.welcome(alert(an_id(1)))
        assert hello.on_duty
        await close_after(guest, 1)
        await guest.say(alert(an_id(2)))
        await close_after(guest, 2)
    shown = reported(capfdbinary.readouterr().out, Shown)
    assert [(each.alert_id, each.version) for each in shown] == [(an_id(1), 1), (an_id(2), 1)]


async def test_what_another_has_accepted_is_left_to_them() -> None:
    theirs: Alert = alert(an_id(1), 2, AlertState.ACCEPTED, owned_by=owner("patrol-2"))
    async with acting(act, PATROL) as (_, server):
        guest = await server.visit()
        await guest.welcome(theirs, alert(an_id(2)))
        await close_after(guest, 2)
        left = [said for said in guest.unheard() if not isinstance(said, Delivered)]
        assert left == []


async def test_a_mistake_that_was_taken_back_is_closed_as_such() -> None:
    taken_back = msgspec.structs.replace(alert(an_id(1)), cancel_requested_at_ms=5)
    async with acting(act, PATROL) as (_, server):
        guest = await server.visit()
        await guest.welcome(taken_back)
        closing = await close_after(guest, 1, cancel_requested_at_ms=5)
        assert closing.outcome is Outcome.CANCELLED

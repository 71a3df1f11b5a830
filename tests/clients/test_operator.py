import trio

from clients.operator import Operator
from protocol.messages import Assign
from protocol.vocabulary import AlertState
from tests.clients.samples import OPERATOR, alert, an_id, owner, trouble, troubles_in_all
from tests.link.peer import PATIENCE_S, peer


async def test_a_control_room_is_on_duty_and_confirms_nothing() -> None:
    async with peer() as server:
        async with Operator(server.url, OPERATOR) as operator:
            guest = await server.visit()
            assert (await guest.welcome(alert())).on_duty is True
            with trio.fail_after(PATIENCE_S):
                await operator.synced()
            assert set(operator.open) == {an_id()}
        await guest.gone()
        assert guest.unheard() == []  # a screen in an office is no handheld that shows an alert


async def test_it_knows_what_is_wrong_with_the_kit() -> None:
    async with peer() as server, Operator(server.url, OPERATOR) as operator:
        guest = await server.visit()
        await guest.welcome(trouble("t1"), troubles_in_all(1))
        with trio.fail_after(PATIENCE_S):
            await operator.synced()
            assert set(operator.troubles.open) == {"t1"}
            news = operator.troubles.reader()
            await anext(news)
            await guest.say(trouble("t1", closed_at_ms=9))
            assert (await anext(news)).closed_at_ms == 9
            await guest.cut()
            await (await server.visit()).welcome(trouble("t2"), troubles_in_all(1))
            await operator.synced()
        assert operator.troubles.count == 1


async def test_it_gives_an_alert_to_a_patrol_and_waits_until_that_owns_it() -> None:
    async with peer() as server, Operator(server.url, OPERATOR) as operator:
        guest = await server.visit()
        await guest.welcome(alert())
        with trio.fail_after(PATIENCE_S):
            await operator.synced()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(lambda: operator.assign(an_id(), "patrol-2", eta_s=120))
                heard = await guest.hear(Assign)
                assert (heard.device_id, heard.eta_s) == ("patrol-2", 120)
                await guest.cut()
                guest = await server.visit()
                await guest.welcome(alert())
                again = await guest.hear(Assign)
                assert again == heard
                theirs = alert(version=2, state=AlertState.ACCEPTED, owned_by=owner("patrol-2"))
                await guest.say(theirs)

import trio

from clients.operator import Operator
from tests.clients.samples import OPERATOR, alert, an_id
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

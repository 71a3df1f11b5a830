"""What is said to a front is said until it is stored, once, whatever happens to the link."""

import pytest
import trio

from clients.errors import ActionRefused
from clients.operator import Operator
from clients.saying import REACHES_KEPT
from protocol.messages import MessageFront, MessageReach
from protocol.vocabulary import ErrorCode
from tests.clients.samples import OPERATOR, an_id, error, reach
from tests.link.peer import PATIENCE_S, peer


async def test_it_is_said_again_on_every_connection_until_it_is_stored() -> None:
    said: list[MessageReach] = []
    async with peer() as server, Operator(server.url, OPERATOR) as operator:

        async def say() -> None:
            said.append(await operator.tell_front("f1", "Cierren puertas", about=an_id()))

        with trio.fail_after(PATIENCE_S):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(say)
                guest = await server.visit()
                await guest.welcome()
                heard = await guest.hear(MessageFront)
                assert (heard.front_id, heard.alert_id) == ("f1", an_id())
                await guest.say(reach(heard.message_id, stored=False))
                await guest.cut()
                guest = await server.visit()
                await guest.welcome()
                assert await guest.hear(MessageFront) == heard
                await guest.say(reach(heard.message_id))
        assert said == [reach(heard.message_id)]


async def test_why_it_is_refused_is_raised() -> None:
    async with peer() as server, Operator(server.url, OPERATOR) as operator:

        async def say() -> None:
            with pytest.raises(ActionRefused) as refused:
                await operator.tell_front("f9", "Hola")
            assert refused.value.code is ErrorCode.UNKNOWN_FRONT

        with trio.fail_after(PATIENCE_S):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(say)
                guest = await server.visit()
                await guest.welcome()
                heard = await guest.hear(MessageFront)
                await guest.say(error(ErrorCode.UNKNOWN_FRONT, heard.ref))


async def test_how_far_the_newest_have_got_is_followed() -> None:
    async with peer() as server, Operator(server.url, OPERATOR) as operator:
        guest = await server.visit()
        many = [reach(an_id(number)) for number in range(REACHES_KEPT + 1)]
        await guest.welcome(*many)
        with trio.fail_after(PATIENCE_S):
            await operator.synced()
            news = operator.reached()
            known = [(await anext(news)).message_id for _ in range(REACHES_KEPT)]
            assert known == [each.message_id for each in many[1:]]
            await guest.say(reach(an_id(1), shown_by=3))
            assert (await anext(news)).shown_by == 3

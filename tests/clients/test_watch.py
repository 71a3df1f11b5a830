"""Alerts and actions through disconnects, over real sockets, with a server that the test plays."""

import pytest
import trio

from clients.errors import ActionRefused
from clients.operator import Operator
from link.errors import Refused
from protocol import MAX_FRAME_BYTES
from protocol.close_codes import CloseCode
from protocol.messages import Alert, Close, Command, Duty
from protocol.vocabulary import Action, AlertState, ErrorCode, Outcome
from tests.clients.samples import OPERATOR, alert, an_id, error
from tests.link.peer import PATIENCE_S, Guest, Peer, peer

CLOSED = AlertState.CLOSED


async def back(server: Peer, watch: Operator, *state: Alert) -> Guest:
    guest = await server.visit()
    await guest.welcome(*state)
    with trio.fail_after(PATIENCE_S):
        await watch.synced()
    return guest


async def test_every_state_of_every_alert_is_followed_to_its_end() -> None:
    async with peer() as server, Operator(server.url, OPERATOR) as operator:
        guest = await back(server, operator, alert(an_id(1)), alert(an_id(2)))
        reader = operator.alerts()
        assert [(await anext(reader)).alert_id for _ in range(2)] == [an_id(1), an_id(2)]
        await guest.say(alert(an_id(1), 2, CLOSED, outcome=Outcome.REAL))
        with trio.fail_after(PATIENCE_S):
            assert (await anext(reader)).outcome is Outcome.REAL
        assert set(operator.open) == {an_id(2)}
        assert operator.welcome is not None
        assert operator.welcome.device_id == "operator-1"


async def test_what_is_not_sent_after_a_reconnect_is_gone() -> None:
    async with peer() as server, Operator(server.url, OPERATOR) as operator:
        guest = await back(server, operator, alert(an_id(1)), alert(an_id(2)))
        gone = operator.gone()
        await guest.cut()
        guest = await server.visit()
        await guest.welcome(alert(an_id(2), 4), alert(an_id(3)))
        with trio.fail_after(PATIENCE_S):
            assert (await anext(gone)).alert_id == an_id(1)
        assert {key: value.version for key, value in operator.open.items()} == {
            an_id(2): 4,
            an_id(3): 1,
        }


async def test_a_close_returns_when_the_alert_shows_it() -> None:
    async with peer() as server, Operator(server.url, OPERATOR) as operator:
        guest = await back(server, operator, alert())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(operator.close, an_id(), Outcome.UNFOUNDED, "nadie")
            heard = await guest.hear(Close)
            assert (heard.outcome, heard.note) == (Outcome.UNFOUNDED, "nadie")
            await guest.say(alert(version=2, state=CLOSED, outcome=Outcome.UNFOUNDED))


async def test_an_error_that_names_the_action_is_raised_from_it() -> None:
    async with peer() as server, Operator(server.url, OPERATOR) as operator:
        guest = await back(server, operator, alert())
        refused = trio.Event()

        async def close() -> None:
            with pytest.raises(ActionRefused) as why:
                await operator.close(an_id(), Outcome.REAL)
            assert why.value.code is ErrorCode.OFF_DUTY
            refused.set()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(close)
            heard = await guest.hear(Close)
            await guest.say(error(ErrorCode.NOT_OWNER, "close-of-another"))
            await guest.say(error(ErrorCode.OFF_DUTY, heard.ref))
        assert refused.is_set()


async def test_an_action_made_offline_waits_for_the_state() -> None:
    async with (
        peer() as server,
        Operator(server.url, OPERATOR) as operator,
        trio.open_nursery() as nursery,
    ):
        nursery.start_soon(operator.close, an_id(), Outcome.REAL)
        guest = await server.visit()
        await guest.welcome(alert())
        heard = await guest.hear(Close)
        assert heard.alert_id == an_id()
        await guest.say(alert(version=2, state=CLOSED, outcome=Outcome.REAL))


async def test_a_close_that_was_applied_before_the_link_broke_succeeds() -> None:
    async with peer() as server, Operator(server.url, OPERATOR) as operator:
        guest = await back(server, operator, alert())
        async with trio.open_nursery() as nursery:
            nursery.start_soon(operator.close, an_id(), Outcome.REAL)
            first = await guest.hear(Close)
            await guest.cut()
            guest = await server.visit()
            await guest.welcome()
            assert await guest.hear(Close) == first
            await guest.say(error(ErrorCode.ALREADY_CLOSED, first.ref))


async def test_a_caller_that_gives_up_is_not_sent_again() -> None:
    async with peer() as server, Operator(server.url, OPERATOR) as operator:
        guest = await back(server, operator, alert())
        with trio.CancelScope() as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(operator.close, an_id(), Outcome.REAL)
                await guest.hear(Close)
                scope.cancel()
        await guest.cut()
        guest = await back(server, operator, alert())
        await operator.duty(False)
        await guest.hear(Duty)  # and no close before it


async def test_off_duty_nothing_is_shown_and_the_next_hello_says_so() -> None:
    async with peer() as server, Operator(server.url, OPERATOR) as operator:
        guest = await back(server, operator, alert())
        gone = operator.gone()
        await operator.duty(False)
        assert not (await guest.hear(Duty)).on_duty
        assert operator.open == {}
        assert (await anext(gone)).alert_id == an_id()
        await guest.cut()
        guest = await server.visit()
        assert (await guest.welcome()).on_duty is False


async def test_an_alert_that_was_on_its_way_when_it_went_off_duty_is_not_shown() -> None:
    async with peer() as server, Operator(server.url, OPERATOR) as operator:
        guest = await back(server, operator)
        await operator.duty(False)
        commands = operator.commands()
        await guest.say(alert())
        await guest.say(Command(action=Action.RING, alert_id=an_id()))
        with trio.fail_after(PATIENCE_S):
            await anext(commands)
        assert operator.open == {}


async def test_commands_are_handed_over() -> None:
    async with peer() as server, Operator(server.url, OPERATOR) as operator:
        guest = await back(server, operator)
        commands = operator.commands()
        await guest.say(Command(action=Action.RING, alert_id=an_id()))
        with trio.fail_after(PATIENCE_S):
            assert (await anext(commands)).action is Action.RING


async def test_a_refusal_ends_the_block() -> None:
    async with peer() as server:

        async def watch() -> None:
            async with Operator(server.url, OPERATOR) as operator:
                guest = await back(server, operator)
                await guest.close(CloseCode.REPLACED)
                await anext(operator.alerts())

        with trio.fail_after(PATIENCE_S), pytest.raises(Refused):
            await watch()


async def test_a_note_that_no_frame_holds_is_the_callers_mistake() -> None:
    async with peer() as server, Operator(server.url, OPERATOR) as operator:
        await back(server, operator, alert())
        with pytest.raises(ValueError, match="bytes long"):
            await operator.close(an_id(), Outcome.REAL, "x" * MAX_FRAME_BYTES)

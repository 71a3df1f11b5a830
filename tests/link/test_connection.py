"""The link, in virtual time over streams in memory: what it does is exact, also when."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import trio
from trio.testing import MockClock

from link.backoff import CAP_S, URGENT_CAP_S
from link.beside import beside
from link.connection import SETTLED_AFTER_S, WAITED_FOR_S, Link, kept_up
from link.enrolment import Credentials
from link.errors import BadAddress, Refused
from link.wire import ANSWER_WITHIN_S, PING_SHARE, SEND_WITHIN_S, WELCOME_WITHIN_S
from protocol import PATH, URGENT
from protocol.close_codes import CloseCode, may_reconnect
from protocol.messages import (
    AnyServerMessage,
    Cancel,
    Duty,
    Hello,
    Ping,
    Pong,
    Signal,
    Welcome,
)
from protocol.vocabulary import Kind
from tests.clients.samples import APP, PATROL, SYNCED, an_id
from tests.link.peer import PATIENCE_S, Guest, MemoryPeer, peer


class Listener:
    """An owner that notes what it is told."""

    def __init__(self) -> None:
        self.welcomes: list[Welcome] = []
        self.messages: list[AnyServerMessage] = []
        self.losses = 0
        self.on_greeted: Callable[[], object] = lambda: None

    def greeted(self, welcome: Welcome) -> None:
        self.welcomes.append(welcome)
        self.on_greeted()

    def heard(self, message: AnyServerMessage) -> None:
        self.messages.append(message)

    def lost(self) -> None:
        self.losses += 1


@asynccontextmanager
async def linked(
    jitter: float = 1.0,
    on_duty: bool | None = None,
    refusing: int = 0,
    credentials: Credentials = APP,
) -> AsyncIterator[tuple[Link, MemoryPeer, Listener]]:
    """Keep a link up to a server in memory."""
    listener = Listener()
    async with beside(), trio.open_nursery() as nursery:
        server = MemoryPeer(nursery)
        server.refusing = refusing
        link = Link(
            server.url,
            credentials,
            listener,
            on_duty=on_duty,
            jitter=lambda: jitter,
            dial=server.dial,
        )
        async with kept_up(link):
            yield link, server, listener
        nursery.cancel_scope.cancel()


async def until(condition: Callable[[], bool]) -> None:
    with trio.fail_after(PATIENCE_S):
        while not condition():
            await trio.testing.wait_all_tasks_blocked()
            await trio.sleep(0.01)


async def test_it_says_who_it_is_and_hands_over_what_it_hears(autojump_clock: MockClock) -> None:
    async with linked(on_duty=True) as (link, server, listener):
        guest = await server.visit()
        hello = await guest.welcome()
        assert (hello.device_id, hello.token, hello.on_duty) == ("app-1", "app-token", True)
        await until(lambda: listener.messages == [SYNCED])
        assert link.up
        assert guest.socket.protocol.extensions == []  # no compression


async def test_the_owner_hears_the_answers_to_its_own_pings(autojump_clock: MockClock) -> None:
    async with linked() as (link, server, listener):
        guest = await server.visit()
        await guest.welcome()
        await until(lambda: link.up)
        link.send(Ping(ref="mine"))
        await until(lambda: Pong(now_ms=0, ref="mine") in listener.messages)
        await trio.sleep(100 * 25)
        assert guest.pings > 1
        assert [each for each in listener.messages if isinstance(each, Pong)] == [
            Pong(now_ms=0, ref="mine")
        ]


async def test_what_the_owner_sends_when_greeted_goes_first(autojump_clock: MockClock) -> None:
    async with linked() as (link, server, listener):
        listener.on_greeted = lambda: link.send(Signal(signal_id=an_id(), kind=Kind.PANIC))
        guest = await server.visit()
        assert not link.send(Duty(on_duty=True))  # there is no connection to promise it to
        await guest.welcome()
        assert (await guest.hear(Signal)).signal_id == an_id()


async def test_back_off_doubles_and_starts_anew_after_a_good_connection(
    autojump_clock: MockClock,
) -> None:
    async with linked(refusing=7) as (_, server, _listener):
        guest = await server.visit()
        waits_s = [b - a for a, b in zip(server.dialled_s, server.dialled_s[1:], strict=False)]
        assert waits_s == pytest.approx([0.5, 1, 2, 4, 8, CAP_S, CAP_S])
        await guest.welcome()
        await trio.sleep(SETTLED_AFTER_S)
        await guest.cut()
        cut_s = trio.current_time()
        await server.visit()
        assert server.dialled_s[-1] - cut_s == pytest.approx(0.5)


async def test_a_server_that_hangs_up_at_once_is_left_alone_for_longer_and_longer(
    autojump_clock: MockClock,
) -> None:
    async with linked() as (_, server, _listener):
        for _ in range(5):
            guest = await server.visit()
            await guest.welcome()
            await guest.close(CloseCode.TOO_MANY_ERRORS)
        await server.visit()
        waits_s = [b - a for a, b in zip(server.dialled_s, server.dialled_s[1:], strict=False)]
        assert waits_s == pytest.approx([0.5, 1, 2, 4, 8])


async def test_whoever_is_in_a_hurry_does_not_wait_for_the_back_off(
    autojump_clock: MockClock,
) -> None:
    async with linked(refusing=6) as (link, server, _listener):
        await until(lambda: server.refusing == 0)
        await trio.testing.wait_all_tasks_blocked()
        now_s = trio.current_time()
        link.hurry()
        await server.visit()
        assert trio.current_time() == now_s


@pytest.mark.parametrize("code", [*CloseCode, 1000, 1001, 1002, 1007, 1011])
async def test_the_close_code_says_whether_to_come_back(
    code: int, autojump_clock: MockClock
) -> None:
    async def story() -> None:
        async with linked() as (_, server, listener):
            guest = await server.visit()
            await guest.welcome()
            await until(lambda: bool(listener.welcomes))
            await guest.close(code)
            await server.visit()

    if may_reconnect(code):
        await story()
    else:
        with pytest.raises(Refused) as refused:
            await story()
        assert refused.value.code == code


async def test_a_refusal_before_the_welcome_is_final_too(autojump_clock: MockClock) -> None:
    async def story() -> None:
        async with linked() as (_, server, _listener):
            guest = await server.visit()
            await guest.hear(Hello)
            await guest.close(CloseCode.BAD_CREDENTIALS)
            await trio.sleep_forever()

    with pytest.raises(Refused):
        await story()


async def test_it_pings_within_the_servers_interval(autojump_clock: MockClock) -> None:
    async with linked() as (_, server, _listener):
        guest = await server.visit()
        await guest.welcome(ping_interval_s=25)
        await trio.sleep(100 * 25)
        assert guest.pings >= 100
        assert len(server.dialled_s) == 1


async def test_a_half_open_link_is_given_up_and_made_anew(autojump_clock: MockClock) -> None:
    async with linked() as (_, server, listener):
        guest = await server.visit()
        await guest.welcome(ping_interval_s=30)
        await until(lambda: bool(listener.welcomes))
        guest.mute = True
        muted_s = trio.current_time()
        await (await server.visit()).welcome()
        assert listener.losses == 1
        assert trio.current_time() - muted_s <= 30 * PING_SHARE + ANSWER_WITHIN_S + 1


async def test_a_hurry_finds_a_half_open_link_at_once(autojump_clock: MockClock) -> None:
    async with linked() as (link, server, listener):
        guest = await server.visit()
        await guest.welcome(ping_interval_s=3600)
        await until(lambda: bool(listener.welcomes))
        guest.mute = True
        asked_s = trio.current_time()
        link.hurry()
        await server.visit()
        assert trio.current_time() - asked_s <= ANSWER_WITHIN_S + 1


async def test_a_server_that_never_welcomes_is_left(autojump_clock: MockClock) -> None:
    async with linked(jitter=0) as (_, server, _listener):
        await (await server.visit()).hear(Hello)
        started_s = trio.current_time()
        await (await server.visit()).hear(Hello)
        assert trio.current_time() - started_s == pytest.approx(WELCOME_WITHIN_S)


async def test_a_send_that_takes_too_long_ends_the_connection(autojump_clock: MockClock) -> None:
    async with linked(jitter=0) as (link, server, listener):
        guest = await server.visit()
        await guest.welcome(ping_interval_s=3600)
        await until(lambda: bool(listener.welcomes))
        server.streams[0].stuck = True
        link.send(Cancel(signal_id=an_id(1)))
        stuck_s = trio.current_time()
        await trio.sleep(SEND_WITHIN_S / 2)
        server.streams[0].stuck = False
        link.send(Cancel(signal_id=an_id(2)))
        await (await server.visit()).welcome()
        assert trio.current_time() - stuck_s == pytest.approx(SEND_WITHIN_S)
        # Half a frame went out, so nothing may follow it: not the next message, no close frame.
        await guest.gone()
        assert guest.unheard() == []
        assert guest.socket.close_code == 1006


async def test_a_queue_that_overflows_ends_the_connection(autojump_clock: MockClock) -> None:
    async with linked(jitter=0) as (link, server, listener):
        guest = await server.visit()
        await guest.welcome()
        await until(lambda: bool(listener.welcomes))
        for number in range(1000):
            link.send(Cancel(signal_id=an_id(number)))
        await (await server.visit()).welcome()
        assert listener.losses == 1


async def test_leaving_sends_what_is_queued_and_says_goodbye(autojump_clock: MockClock) -> None:
    async with trio.open_nursery() as nursery:
        server, listener = MemoryPeer(nursery), Listener()
        link = Link(server.url, APP, listener, dial=server.dial)
        async with kept_up(link):
            guest = await server.visit()
            await guest.welcome()
            await until(lambda: bool(listener.welcomes))
            link.send(Duty(on_duty=False))
        await guest.hear(Duty)
        await guest.gone()
        assert guest.socket.close_code == 1000
        nursery.cancel_scope.cancel()


async def test_what_it_does_not_understand_is_passed_over(autojump_clock: MockClock) -> None:
    async with linked() as (_, server, listener):
        guest = await server.visit()
        await guest.welcome(sync=False)
        for odd in ('{"type": "weather"}', "not json", '{"type": "notice", "code": "from-2030"}'):
            await guest.socket.send(odd)
        await guest.say(SYNCED)
        await until(lambda: listener.messages == [SYNCED])


async def test_no_token_is_ever_logged(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with linked() as (_, server, listener):
        await (await server.visit()).welcome()
        await until(lambda: bool(listener.welcomes))
        await trio.testing.wait_all_tasks_blocked()
    said_by_us = [line for line in caplog.records if line.name != "websockets.server"]
    assert not [line for line in said_by_us if APP.token in line.getMessage()]
    assert APP.token not in repr(APP)


async def test_the_states_are_told_with_their_reason(autojump_clock: MockClock) -> None:
    async with linked(refusing=1) as (link, server, listener):
        states = link.states()
        down = await anext(states)
        assert not down.up
        assert down.why.en == "The server could not be reached."
        await (await server.visit()).welcome()
        assert (await anext(states)).up
        assert listener.losses == 1


@pytest.mark.parametrize(
    "url", ["ws://example.org/v1", "ws://10.0.0.1/v1", "http://localhost/", "localhost:7310", ""]
)
def test_a_token_never_crosses_a_network_in_clear(url: str) -> None:
    with pytest.raises(BadAddress):
        Link(url, PATROL, Listener())


@pytest.mark.parametrize(
    "url", ["ws://127.0.0.1:1/v1", "ws://localhost/v1", "ws://[::1]:7310/v1", "wss://example.org/"]
)
def test_loopback_and_tls_are_taken(url: str) -> None:
    Link(url, PATROL, Listener())


async def test_a_server_of_something_else_is_not_spoken_to() -> None:
    async with peer(subprotocol="chat.v9") as server:
        link = Link(server.url, APP, Listener())
        async with kept_up(link):
            with trio.fail_after(PATIENCE_S):
                state = await anext(link.states())
    assert not state.up
    assert "HTTP 400" in state.why.en


async def test_a_server_that_is_killed_while_much_is_unread_is_met_again(
    autojump_clock: MockClock,
) -> None:
    # Whether the reader or the writer notices first is for the scheduler to say.
    async with linked() as (link, server, listener):
        for times in range(1, 11):
            guest = await server.visit()
            await guest.welcome()
            await until(lambda: len(listener.welcomes) == times)  # noqa: B023 - awaited here
            server.streams[-1].broken = True
            await guest.say_at_once(*[SYNCED] * 200)
            link.send(Cancel(signal_id=an_id()))


async def test_who_only_waits_lets_others_in_first(autojump_clock: MockClock) -> None:
    async with linked() as (link, server, _listener):
        for _ in range(2):
            guest = await server.visit()
            assert asked_for(guest) == PATH
            await guest.welcome()
            await guest.cut()
        await until(lambda: not link.up)
        link.hurry()
        guest = await server.visit()
        assert asked_for(guest) == f"{PATH}?{URGENT}", "a press waits to be sent"
        await guest.welcome()
        await until(lambda: link.up)
        await guest.cut()
        guest = await server.visit()
        assert asked_for(guest) == f"{PATH}?{URGENT}", "who knows whether it was stored"
        await guest.welcome()
        await trio.sleep(WAITED_FOR_S)
        await guest.cut()
        assert asked_for(await server.visit()) == PATH, "that was long ago"


async def test_while_somebody_waits_the_back_off_stays_short(autojump_clock: MockClock) -> None:
    async with linked(credentials=PATROL, refusing=6) as (_, server, _listener):
        await server.visit()
        waits_s = [b - a for a, b in zip(server.dialled_s, server.dialled_s[1:], strict=False)]
        assert waits_s == pytest.approx([0.5, 1, 2, 4, URGENT_CAP_S, URGENT_CAP_S])


async def test_who_is_called_asks_to_be_let_in_first(autojump_clock: MockClock) -> None:
    async with linked(credentials=PATROL) as (_, server, _listener):
        assert asked_for(await server.visit()) == f"{PATH}?{URGENT}"


def asked_for(guest: Guest) -> str:
    assert guest.socket.request is not None
    return guest.socket.request.path

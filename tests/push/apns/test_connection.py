"""What aioapns by itself would wait for, or stumble over: each against a server that does it."""

import asyncio

import pytest
import trio
from aioapns.exceptions import ConnectionClosed

from dispatch.push.apns import connection as mended
from dispatch.push.apns import provider
from dispatch.push.apns.connection import Pool
from dispatch.push.apns.notification import notification
from dispatch.push.apns.provider import Apns
from dispatch.push.apns.provider_token import ProviderToken
from dispatch.push.bounds import APNS_CONNECTIONS_MAX, KEEP_CONNECTION_S
from dispatch.push.outcome import Outcome
from tests.push.apns.stand_in import (
    GO_AWAY,
    HANG_UP,
    KEY_ID,
    OK,
    PEM,
    RESET,
    SILENCE,
    TEAM_ID,
    TOPIC,
    ApnsStandIn,
    Does,
    Says,
    apple,
)
from tests.push.apns.test_provider import AUTHORITY, connected, note
from tests.push.orders import order
from tests.push.receiver import trusting
from tests.store.on_asyncio import on_asyncio, soon

SHORT_S = 1.0


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (provider, mended):
        monkeypatch.setattr(module, "ANSWER_WITHIN_S", SHORT_S)


async def outcomes(one: Apns, count: int, first: int = 1) -> list[Outcome]:
    """Send so many at once."""
    results: dict[int, Outcome] = {}

    async def send(number: int) -> None:
        results[number] = (await one.send(note(number))).outcome

    async with trio.open_nursery() as nursery:
        for number in range(first, first + count):
            nursery.start_soon(send, number)
    return [results[number] for number in sorted(results)]


@pytest.mark.parametrize("does", [RESET, GO_AWAY, HANG_UP, Says(500), Says(400), Says(429)])
async def test_no_fault_is_waited_for_and_the_next_is_sent(does: Does) -> None:
    """The deadline is 5 s; a server that is there says so much sooner, whatever it does."""
    async with connected(ApnsStandIn(does, OK)) as one:
        with trio.fail_after(4.0):
            assert await outcomes(one, 1) != [Outcome.ACCEPTED]
        assert await outcomes(one, 1, first=2) == [Outcome.ACCEPTED]


async def test_an_error_without_a_body_is_read_by_its_status() -> None:
    stand_in = ApnsStandIn(Says(410, "Unregistered"))
    stand_in.is_empty_handed = True
    async with connected(stand_in) as one:
        with trio.fail_after(4.0):
            assert await outcomes(one, 1) == [Outcome.GONE]


async def test_of_many_on_one_connection_only_the_one_that_is_reset_fails() -> None:
    stand_in = ApnsStandIn(*(OK,) * 5, RESET, OK)
    async with connected(stand_in) as one:
        got = await outcomes(one, 16)
    assert sorted(got) == sorted([Outcome.ACCEPTED] * 15 + [Outcome.FAILED])
    assert stand_in.connections == 1


@pytest.mark.usefixtures("impatient")
async def test_one_that_is_silent_is_given_up_and_not_asked_again_on_that_connection() -> None:
    stand_in = ApnsStandIn(SILENCE, OK)
    async with connected(stand_in) as one:
        with trio.fail_after(4 * SHORT_S):
            assert await outcomes(one, 1) == [Outcome.FAILED]
        assert await outcomes(one, 1, first=2) == [Outcome.ACCEPTED]
    assert [got.connection for got in stand_in.got] == [1, 2]


@on_asyncio
async def test_what_was_given_up_harms_nobody_when_its_connection_is_lost() -> None:
    """aioapns would fail to tell the other one on that connection, who would wait for ever."""
    stand_in = ApnsStandIn(SILENCE)
    context = trusting(AUTHORITY)
    context.set_alpn_protocols(["h2"])
    with apple(stand_in, AUTHORITY) as port:
        pool = Pool("localhost", port, TOPIC, ProviderToken(PEM, KEY_ID, TEAM_ID), context)
        tasks = []
        for number in (1, 2):
            request = notification(order(number), TOPIC, 0.0, critical=False)
            tasks.append(asyncio.create_task(pool.send_notification(request)))
            await asyncio.to_thread(stand_in.wait_for, number)
        given_up, waiting = tasks
        given_up.cancel()
        await asyncio.wait([given_up])
        stand_in.hang_up()
        with pytest.raises(ConnectionClosed):
            await soon(waiting)
    assert stand_in.connections == 1


async def test_after_an_error_of_theirs_the_next_goes_out_on_another_connection() -> None:
    stand_in = ApnsStandIn(Says(503, "ServiceUnavailable"), OK)
    async with connected(stand_in) as one:
        assert await outcomes(one, 1) == [Outcome.FAILED]
        assert await outcomes(one, 1, first=2) == [Outcome.ACCEPTED]
    assert [got.connection for got in stand_in.got] == [1, 2]


async def test_a_burst_goes_out_on_one_connection_under_one_token() -> None:
    """More than 65,535 bytes there and, in reasons, back: windows are opened as they close."""
    stand_in = ApnsStandIn(Says(403, "BadEnvironmentKeyIdInToken"))
    async with connected(stand_in) as one:
        for batch in range(100):
            assert set(await outcomes(one, 20, first=20 * batch)) == {Outcome.REFUSED}
    assert stand_in.connections == 1
    assert len({got.headers["authorization"] for got in stand_in.got}) == 1
    assert len(stand_in.got) == 2_000


async def test_a_server_that_takes_one_at_once_is_not_overrun() -> None:
    stand_in = ApnsStandIn()
    stand_in.streams, stand_in.hesitates_s = 1, 0.2
    async with connected(stand_in) as one:
        with trio.fail_after(4.0):
            assert await outcomes(one, 16, first=2) == [Outcome.ACCEPTED] * 16
    assert stand_in.connections <= APNS_CONNECTIONS_MAX


async def test_after_a_while_without_work_the_next_goes_out_on_a_new_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert mended.Connection.INACTIVITY_TIME == KEEP_CONNECTION_S
    monkeypatch.setattr(mended.Connection, "INACTIVITY_TIME", 0.05)
    stand_in = ApnsStandIn()
    async with connected(stand_in) as one:
        assert await outcomes(one, 1) == [Outcome.ACCEPTED]
        assert one._pool is not None
        with trio.fail_after(20):
            while one._pool.connections:  # noqa: ASYNC110 - it tells nobody
                await trio.sleep(0.01)
        assert await outcomes(one, 1, first=2) == [Outcome.ACCEPTED]
    assert [got.connection for got in stand_in.got] == [1, 2]


async def test_nothing_is_kept_of_what_is_over() -> None:
    async with connected(ApnsStandIn(OK, RESET, Says(400, "BadTopic"), Says(429), OK)) as one:
        await outcomes(one, 50)
        assert one._pool is not None
        (kept,) = one._pool.connections
        assert (kept.requests, kept.request_streams, kept.request_statuses) == ({}, {}, {})

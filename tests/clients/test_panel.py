"""A panel against a receiver over real sockets: it says a thing until it is answered, and once."""

import pytest
import trio

from clients.errors import NotAcknowledged
from clients.panel import CALL_CODES, LINK_TEST, SELF_TEST, Panel, PanelEvent, Transport, call
from protocol.messages import Position
from protocol.sia_dc09.codes import Sense
from protocol.sia_dc09.decode import Account, Message
from protocol.sia_dc09.events import CONTACT_ID, SIA
from protocol.sia_dc09.faults import Answer, Fault, Reason
from protocol.vocabulary import Kind
from tests.clients.receiver import Receiver, receiver
from tests.protocol.sia_dc09.vectors import ACK, KEY, OTHER_KEY

NOW_S = 1_792_067_696.0
SEALED = {"1234": Account(KEY)}
both = pytest.mark.parametrize("transport", Transport)


def panel_of(played: Receiver, transport: Transport = Transport.TCP, **more: object) -> Panel:
    """Return a panel that is quick to try again, with a clock that stands still."""
    settings = {
        "key": KEY,
        "transport": transport,
        "reply_deadline_s": 0.2,
        "clock": lambda: NOW_S,
        "jitter": lambda: 0.0,
    }
    return Panel("127.0.0.1", played.port, "1234", **settings | more)  # type: ignore[arg-type]


def message(heard: Message | Fault) -> Message:
    assert isinstance(heard, Message), heard
    return heard


@both
@pytest.mark.parametrize("key", [None, KEY])
async def test_a_press_is_heard_and_acknowledged(transport: Transport, key: bytes | None) -> None:
    accounts = {"1234": Account(key)}
    async with receiver(transport, accounts, NOW_S) as played:
        async with panel_of(played, transport, key=key, reply_deadline_s=20) as panel:
            reply = await panel.send(call(zone=3, position=Position(lat=4.6, lon=-74.1)))
        assert reply.answer is Answer.ACK
        assert reply.header.is_encrypted is (key is not None)
        (heard,) = map(message, played.heard)
        (event,) = heard.events
        assert (event.meaning.kind, event.zone) == (Kind.PANIC, "003")
        assert heard.details.position == Position(lat=4.6, lon=-74.1)


@pytest.mark.parametrize("id_token", [SIA, CONTACT_ID])
@pytest.mark.parametrize("kind", Kind)
async def test_every_kind_is_understood(kind: Kind, id_token: str) -> None:
    async with receiver(Transport.TCP, SEALED, NOW_S) as played:
        async with panel_of(played, reply_deadline_s=20) as panel:
            await panel.send(call(kind, id_token=id_token))
        (event,) = message(played.heard[0]).events
        assert (event.meaning.sense, event.meaning.kind) == (Sense.CALL, kind)
        assert event.meaning.is_known
    assert set(CALL_CODES[id_token]) == set(Kind)


@pytest.mark.parametrize("event", SELF_TEST.values())
async def test_a_self_test_is_proof_of_life(event: PanelEvent) -> None:
    async with receiver(Transport.TCP, SEALED, NOW_S) as played:
        async with panel_of(played, reply_deadline_s=20) as panel:
            await panel.send(event)
        (read,) = message(played.heard[0]).events
        assert read.meaning.sense is Sense.ALIVE


@both
async def test_a_lost_answer_brings_the_same_message_again(transport: Transport) -> None:
    async with receiver(transport, SEALED, NOW_S) as played:
        played.mute_for = 2
        async with panel_of(played, transport) as panel:
            reply = await panel.send(call())
        assert reply.answer is Answer.ACK
        assert len(played.heard) >= 3
        assert len({message(heard).resend_key for heard in played.heard}) == 1


async def test_a_cut_connection_is_opened_again() -> None:
    async with receiver(Transport.TCP, SEALED, NOW_S) as played:
        played.hangs_up_for = 2
        async with panel_of(played, reply_deadline_s=20) as panel:
            assert (await panel.send(call())).answer is Answer.ACK
        assert played.calls == 3
        assert len({message(heard).resend_key for heard in played.heard}) == 1


async def test_one_connection_serves_many_messages() -> None:
    async with receiver(Transport.TCP, SEALED, NOW_S) as played:
        async with panel_of(played, reply_deadline_s=20) as panel:
            panel.sequence = 9998
            for _ in range(3):
                await panel.send(LINK_TEST)
        assert played.calls == 1
        assert [message(heard).header.sequence for heard in played.heard] == [9999, 1, 2]
        assert all(message(heard).is_link_test for heard in played.heard)


async def test_two_tasks_take_turns() -> None:
    async with receiver(Transport.TCP, SEALED, NOW_S) as played:
        async with panel_of(played, reply_deadline_s=20) as panel, trio.open_nursery() as nursery:
            panel.sequence = 0
            for _ in range(5):
                nursery.start_soon(panel.send, LINK_TEST)
        assert [message(heard).header.sequence for heard in played.heard] == [1, 2, 3, 4, 5]


@both
async def test_a_nak_sets_the_clock(transport: Transport) -> None:
    async with receiver(transport, SEALED, NOW_S + 3600) as played:
        async with panel_of(played, transport, reply_deadline_s=20) as panel:
            assert (await panel.send(call())).answer is Answer.ACK
            assert (await panel.send(LINK_TEST)).answer is Answer.ACK
        late, press, test = played.heard
        assert isinstance(late, Fault)
        assert late.reason is Reason.OUTSIDE_WINDOW
        assert message(press).sent_at_s == message(test).sent_at_s == NOW_S + 3600


async def test_a_duh_is_an_answer_too() -> None:
    async with receiver(Transport.TCP, SEALED, NOW_S) as played:
        async with panel_of(played, key=OTHER_KEY, reply_deadline_s=20) as panel:
            assert (await panel.send(call())).answer is Answer.DUH
        assert [heard.reason for heard in played.heard if isinstance(heard, Fault)] == [
            Reason.UNDECRYPTABLE
        ]


@both
async def test_an_answer_to_something_else_does_not_count(transport: Transport) -> None:
    async with receiver(transport, SEALED, NOW_S) as played:
        played.instead = ACK.frame
        async with panel_of(played, transport, attempts=2, reply_deadline_s=0.05) as panel:
            with pytest.raises(NotAcknowledged):
                await panel.send(call())
        assert 1 <= len(played.heard) <= 2


@both
async def test_nobody_there(transport: Transport) -> None:
    async with receiver(transport, SEALED, NOW_S) as played:
        pass
    async with panel_of(played, transport, attempts=3) as panel:
        with pytest.raises(NotAcknowledged, match="did not answer"):
            await panel.send(call())


def test_a_panel_does_not_count_as_it_did_before_it_was_started_again() -> None:
    counts = {Panel("127.0.0.1", 1, "1234").sequence for _ in range(20)}
    assert len(counts) > 10
    assert counts <= set(range(9999))


def test_a_panel_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="key: 5 bytes"):
        Panel("127.0.0.1", 1, "1234", key=b"short")
    with pytest.raises(ValueError, match="account: '12'"):
        Panel("127.0.0.1", 1, "12")

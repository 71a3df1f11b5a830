"""Effects are applied in order; each recipient is on its own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from dispatch.core.effects import CloseSession, Record, Reply, Send
from dispatch.core.events import Connected
from dispatch.core.facts import Fact, FactKind
from dispatch.edge.outbox import frame_text
from protocol import MAX_FRAME_BYTES
from protocol.close_codes import CloseCode
from protocol.messages import Notice, Pong, Text
from protocol.vocabulary import NoticeCode
from tests.edge.town import on_uvloop, open_town, press, pressed_and_seen

NOTICE = Notice(code=NoticeCode.SYNCED, text=Text("Al día.", "Up to date."))


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_534, 65_535])
def test_a_frame_is_what_the_library_would_write(size: int) -> None:
    payload = b"x" * size
    assert frame_text(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)


@given(st.binary(max_size=MAX_FRAME_BYTES))
def test_any_frame_is_what_the_library_would_write(payload: bytes) -> None:
    assert frame_text(payload) == Frame(Opcode.TEXT, payload).serialize(mask=False)


@on_uvloop
async def test_effects_are_applied_in_order() -> None:
    async with open_town() as town, town.peer("ana") as ana, town.peer("beto") as beto:
        await ana.hear_a(Notice)
        session_id = town.dispatcher.city.presence.session_of["ana"]
        town.outbox.apply(
            [
                Send(("ana", "beto"), Pong(now_ms=1)),
                Reply(session_id, Pong(now_ms=2)),
                Send(("ana",), Pong(now_ms=3)),
                CloseSession(session_id, CloseCode.REVOKED),
                Send(("ana", "beto"), Pong(now_ms=4)),
            ]
        )
        assert [(await ana.hear()).now_ms for _ in range(3)] == [1, 2, 3]  # type: ignore[union-attr]
        assert await ana.closed_with() == CloseCode.REVOKED
        assert [(await beto.hear_a(Pong)).now_ms for _ in range(2)] == [1, 4]


@on_uvloop
async def test_whom_it_does_not_know_it_passes_over() -> None:
    async with open_town() as town, town.peer("ana") as ana:
        town.outbox.apply(
            [
                Send(("nobody", "beto", "ana"), Pong(now_ms=1)),
                Reply(9_999, NOTICE),
                CloseSession(9_999, CloseCode.REVOKED),
            ]
        )
        await ana.hear_a(Pong)
        assert not town.health.has_bug


@on_uvloop
async def test_one_recipient_that_fails_keeps_nothing_from_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with (
        open_town() as town,
        town.peer("patrol-w", on_duty=True) as broken,
        town.peer("patrol-w2", on_duty=True) as patrol,
        town.peer("ana") as ana,
    ):
        session_id = town.dispatcher.city.presence.session_of["patrol-w"]
        connection = town.outbox.connections[session_id]
        monkeypatch.setattr(connection, "_ws", object())  # what only a bug could do
        await pressed_and_seen(ana, patrol, press())
        assert town.health.has_bug
        assert await broken.closed_with() == 1006


@on_uvloop
async def test_one_recipient_that_is_gone_keeps_nothing_from_the_others() -> None:
    async with (
        open_town() as town,
        town.peer("patrol-w", on_duty=True),
        town.peer("patrol-w2", on_duty=True) as patrol,
        town.peer("ana") as ana,
    ):
        session_id = town.dispatcher.city.presence.session_of["patrol-w"]
        town.outbox.connections[session_id].abort()
        await pressed_and_seen(ana, patrol, press())
        assert not town.health.has_bug


@on_uvloop
async def test_a_fact_that_cannot_be_recorded_keeps_nothing_from_anyone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with (
        open_town() as town,
        town.peer("patrol-w", on_duty=True) as patrol,
        town.peer("ana") as ana,
    ):
        monkeypatch.setattr(town, "facts", None)  # what only a bug could do
        await pressed_and_seen(ana, patrol, press())
        assert town.health.has_bug


@on_uvloop
async def test_what_no_frame_can_hold_is_a_bug_said_loudly() -> None:
    async with open_town() as town, town.peer("ana") as ana:
        town.outbox.apply([Send(("ana",), Pong(now_ms=1, ref="x" * MAX_FRAME_BYTES))])
        town.outbox.apply([Send(("ana",), Pong(now_ms=2))])
        assert (await ana.hear_a(Pong)).now_ms == 2
        assert town.health.has_bug


@on_uvloop
async def test_an_event_that_meets_a_bug_turns_health_red() -> None:
    async with open_town() as town, town.peer("ana") as ana:
        town.outbox.handle(Connected(1, "nobody"))  # what only a bug could do
        assert town.health.has_bug
        await ana.is_served()


@on_uvloop
async def test_when_a_press_was_sent_is_told_to_the_core() -> None:
    async with (
        open_town() as town,
        town.peer("patrol-w", on_duty=True) as patrol,
        town.peer("ana") as ana,
    ):
        signal = press()
        await pressed_and_seen(ana, patrol, signal)
        alert = town.dispatcher.city.board.alerts[signal.signal_id]
        assert alert.stages.sent_at_ms is not None
        assert b"cuadrante_dispatch_seconds_count 1.0" in (await town.get("/metrics"))[1]


@on_uvloop
async def test_each_frame_is_counted_where_it_is_written() -> None:
    async with open_town() as town, town.peer("ana") as ana:
        await ana.hear_a(Notice)
        before = town.metrics.frames_sent.counts[()]
        town.outbox.apply([Send(("ana", "nobody"), Pong(now_ms=1))])
        after = town.metrics.frames_sent.counts[()]
        assert after - before == 1
        town.outbox.apply([Record(Fact(FactKind.DUTY, 1, "on", device_id="op"))])
        assert town.facts[-1].kind is FactKind.DUTY

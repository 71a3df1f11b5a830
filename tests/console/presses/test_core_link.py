"""The link answers for a press once it is stored, and for a command once it is done."""

import pytest

from dispatch.console.presses import core_link
from dispatch.console.presses.core_link import CoreAway, CoreRefused
from protocol.messages import Close, Ping, Signal
from protocol.uuid7 import uuid7
from protocol.vocabulary import ErrorCode, Kind, Outcome
from tests.console.presses.toy_core import toy_core
from tests.console.samples import ALERT, nowhere
from tests.store.on_asyncio import on_asyncio, soon

SIGNAL = Signal(signal_id=uuid7(1, bytes(10)), kind=Kind.PANIC, source_device_id="app-1")
CLOSE = Close(alert_id=ALERT, outcome=Outcome.REAL)


@on_asyncio
async def test_a_press_is_answered_for_once_it_is_stored() -> None:
    async with toy_core() as (core, link):
        receipt = await soon(link.press(SIGNAL))
        assert receipt.stored
        (sent,) = [each for each in core.heard if isinstance(each, Signal)]
        assert (sent.signal_id, sent.source_device_id) == (SIGNAL.signal_id, "app-1")


def test_a_press_that_is_not_stored_is_sent_again_until_it_is_too_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(core_link, "RESEND_S", 0.02)
    monkeypatch.setattr(core_link, "CORE_ANSWERS_WITHIN_S", 0.5)

    @on_asyncio
    async def pressed() -> None:
        async with toy_core() as (core, link):
            core.mood = "forgets"
            with pytest.raises(CoreAway):
                await soon(link.press(SIGNAL))
            assert len([each for each in core.heard if isinstance(each, Signal)]) > 1
            core.mood = "stores"
            assert (await soon(link.press(SIGNAL))).stored

    pressed()


@on_asyncio
async def test_a_connection_that_breaks_is_made_again_and_the_press_sent_again() -> None:
    async with toy_core() as (core, link):
        core.mood = "hangs up"
        assert (await soon(link.press(SIGNAL))).stored
        assert len([each for each in core.heard if isinstance(each, Signal)]) == 2


@pytest.mark.parametrize(
    ("code", "field", "is_final"),
    [
        (ErrorCode.NOT_ALLOWED, None, True),
        (ErrorCode.SIGNAL_ID_CONFLICT, None, True),
        (ErrorCode.BAD_FIELD, "kind", True),
        (ErrorCode.BAD_FIELD, "position.lat", False),
        (ErrorCode.OVERLOADED, None, False),
    ],
)
def test_only_what_will_never_be_taken_is_given_up(
    monkeypatch: pytest.MonkeyPatch, code: ErrorCode, field: str | None, is_final: bool
) -> None:
    monkeypatch.setattr(core_link, "CORE_ANSWERS_WITHIN_S", 0.2)

    @on_asyncio
    async def pressed() -> None:
        async with toy_core() as (core, link):
            core.refuses, core.field = code, field
            with pytest.raises(CoreRefused if is_final else CoreAway):
                await soon(link.press(SIGNAL))

    pressed()


@on_asyncio
async def test_a_command_is_done_when_nothing_was_said_against_it() -> None:
    async with toy_core() as (core, link):
        await soon(link.act(CLOSE))
        assert [type(each) for each in core.heard[1:]] == [Close, Ping]
        core.refuses = ErrorCode.ALREADY_CLOSED
        with pytest.raises(CoreRefused) as refusal:
            await soon(link.act(CLOSE))
        assert refusal.value.error.code is ErrorCode.ALREADY_CLOSED
        core.mood, core.refuses = "hangs up", None
        with pytest.raises(CoreAway):
            await soon(link.act(CLOSE))


def test_without_a_core_it_is_said_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_link, "CORE_ANSWERS_WITHIN_S", 0.05)

    @on_asyncio
    async def asked() -> None:
        with pytest.raises(CoreAway):
            await soon(nowhere().press(SIGNAL))
        with pytest.raises(CoreAway):
            await soon(nowhere().act(CLOSE))

    asked()


@on_asyncio
async def test_what_waits_is_bounded() -> None:
    async with toy_core() as (_, link):
        patch = pytest.MonkeyPatch()
        with patch.context() as patched:
            patched.setattr(core_link, "CORE_WAITING_MAX", 0)
            with pytest.raises(CoreAway):
                await soon(link.press(SIGNAL))

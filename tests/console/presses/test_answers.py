"""What the core refuses is said over HTTP by the same reason; what it cannot do now, by 503."""

import pytest

from dispatch.console.errors import Declined, ErrorCode
from dispatch.console.presses import core_link
from dispatch.console.presses.answers import act, press
from protocol import vocabulary
from tests.console.presses.test_core_link import CLOSE, SIGNAL
from tests.console.presses.toy_core import toy_core
from tests.console.samples import nowhere
from tests.store.on_asyncio import on_asyncio


@pytest.mark.parametrize(
    ("said", "answered"),
    [
        (vocabulary.ErrorCode.NOT_ALLOWED, ErrorCode.NOT_ALLOWED),
        (vocabulary.ErrorCode.UNKNOWN_ALERT, ErrorCode.NOT_FOUND),
        (vocabulary.ErrorCode.ALREADY_CLOSED, ErrorCode.CONFLICT),
        (vocabulary.ErrorCode.OVERLOADED, ErrorCode.UNAVAILABLE),
    ],
)
def test_a_refusal_keeps_its_reason(said: vocabulary.ErrorCode, answered: ErrorCode) -> None:
    @on_asyncio
    async def asked() -> None:
        async with toy_core() as (core, link):
            core.refuses = said
            with pytest.raises(Declined) as declined:
                await act(link, CLOSE)
            assert declined.value.code is answered

    asked()


def test_a_core_that_is_away_is_to_be_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_link, "CORE_ANSWERS_WITHIN_S", 0.05)

    @on_asyncio
    async def asked() -> None:
        for asking in (press(nowhere(), SIGNAL), act(nowhere(), CLOSE)):
            with pytest.raises(Declined) as declined:
                await asking
            assert declined.value.code is ErrorCode.UNAVAILABLE
            assert declined.value.retry_after_s

    asked()

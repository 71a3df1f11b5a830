"""What one connection says about itself; its life is told in test_connection."""

import ssl

import pytest
import trio
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.frames import Close
from websockets.http11 import Response

from link.errors import BadAddress, closed_because
from link.wire import (
    ANSWER_WITHIN_S,
    MAX_MESSAGE_BYTES,
    PING_SHARE,
    check_address,
    urgent,
    why_broken,
)
from protocol import MAX_FRAME_BYTES
from protocol.close_codes import CloseCode
from protocol.limits import PING_INTERVAL_S, QUIET_DEADLINE_S


def _untrusted() -> BaseException:
    broken = trio.BrokenResourceError()
    broken.__cause__ = ssl.SSLCertVerificationError()
    return broken


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(), "could not be reached"),
        (trio.BrokenResourceError(), "could not be reached"),
        (TimeoutError(), "did not answer in time"),
        (_untrusted(), "TLS was not trusted"),
        (InvalidStatus(Response(503, "Full", Headers())), "HTTP 503"),
        (
            ConnectionClosedError(Close(CloseCode.DRAINING, ""), None),
            closed_because(CloseCode.DRAINING).en,
        ),
        (ConnectionClosedError(None, None), "The connection was lost."),
    ],
)
def test_why_a_connection_could_not_be_opened_is_said(error: BaseException, words: str) -> None:
    why = why_broken(error)
    assert words in why.en
    assert why.es


@pytest.mark.parametrize("url", ["ws://panel.example/v1", "ftp://x/", "wss:///v1", "7310"])
def test_an_unusable_address_says_what_to_write(url: str) -> None:
    with pytest.raises(BadAddress) as refused:
        check_address(url)
    assert "wss://" in (refused.value.advice.en if refused.value.advice else "")


def test_a_handheld_does_not_hang_up_on_a_frame_that_the_protocol_allows() -> None:
    assert MAX_MESSAGE_BYTES > MAX_FRAME_BYTES


def test_a_ping_that_is_late_by_a_whole_answer_is_still_in_time() -> None:
    assert PING_INTERVAL_S * PING_SHARE + ANSWER_WITHIN_S < PING_INTERVAL_S < QUIET_DEADLINE_S


def test_an_address_with_a_query_of_its_own_keeps_it() -> None:
    assert urgent("wss://server/v1") == "wss://server/v1?urgent"
    assert urgent("wss://server/v1?route=2") == "wss://server/v1?route=2"

import re

from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.moment import Moment
from dispatch.gateway.bounds import (
    ACK_MAY_BE_LOST_S,
    MESSAGES_REMEMBERED,
    RESENT_WITHIN_S,
    SPAN_MS,
)
from dispatch.gateway.resends import Resends
from protocol.messages import UUIDV7_PATTERN
from tests.gateway.rig import PANEL

KEY = ("1234", 17, b"#1234|Nri1/PA003")
START = Moment(1_000.0, 1_795_000_000_000 // SPAN_MS * SPAN_MS)


def after(seconds: float) -> Moment:
    return Moment(START.mono_s + seconds, START.wall_ms + round(seconds * 1000))


def test_each_attempt_to_send_one_message_is_one_event() -> None:
    resends = Resends()
    first = resends.event(KEY, START).signal_id(PANEL, 0)
    at_s = 0.0
    while at_s < 4 * RESENT_WITHIN_S:  # over several spans, as long as it goes on
        at_s += RESENT_WITHIN_S
        assert resends.event(KEY, after(at_s)).signal_id(PANEL, 0) == first


def test_the_same_soon_after_its_ack_is_a_lost_ack_and_later_another_event() -> None:
    resends = Resends()
    event = resends.event(KEY, START)
    resends.acknowledged(event, after(1))
    again = resends.event(KEY, after(1 + ACK_MAY_BE_LOST_S))
    assert again.signal_id(PANEL, 0) == event.signal_id(PANEL, 0)
    later = resends.event(KEY, after(2 + ACK_MAY_BE_LOST_S))
    assert later.signal_id(PANEL, 0) != event.signal_id(PANEL, 0)
    assert resends.event(KEY, after(3 + ACK_MAY_BE_LOST_S)) == later.__class__(
        later.key, later.span_ms, later.occurrence, after(3 + ACK_MAY_BE_LOST_S).mono_s
    )


def test_an_ack_of_the_event_before_does_not_speak_for_this_one() -> None:
    resends = Resends()
    old = resends.event(KEY, START)
    new = resends.renewed(old, after(1))
    resends.acknowledged(old, after(2))
    assert resends.event(KEY, after(2 + RESENT_WITHIN_S / 2)).signal_id(PANEL, 0) == (
        new.signal_id(PANEL, 0)
    )


def test_a_gateway_that_forgot_everything_names_it_alike_within_a_span() -> None:
    named = Resends().event(KEY, after(1)).signal_id(PANEL, 0)
    assert Resends().event(KEY, after(SPAN_MS / 1000 - 1)).signal_id(PANEL, 0) == named
    assert Resends().event(KEY, after(SPAN_MS / 1000)).signal_id(PANEL, 0) != named


@given(
    st.sets(
        st.tuples(st.sampled_from(["1234", "123"]), st.integers(0, 9999), st.binary(max_size=8)),
        min_size=2,
        max_size=2,
    )
)
def test_other_messages_are_other_events(keys: set[tuple[str, int, bytes]]) -> None:
    resends = Resends()
    ids = {
        resends.event(key, START).signal_id(device_id, index)
        for key in keys
        for device_id in (PANEL, "panel-2")
        for index in range(2)
    }
    assert len(ids) == 8
    assert all(re.fullmatch(UUIDV7_PATTERN, each) for each in ids)


def test_the_latest_are_remembered() -> None:
    resends = Resends()
    first = resends.event(KEY, START)
    resends.acknowledged(first, START)
    for number in range(MESSAGES_REMEMBERED):
        resends.event(("1234", number, b""), START)
    assert resends.event(KEY, START).acknowledged_s is None

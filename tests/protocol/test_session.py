"""The life of a connection: nothing leaves `closed`, and everything leads there."""

from itertools import product
from typing import get_args

import pytest

from protocol.messages import AnyClientMessage, Enrol, Hello, Ping, Signal
from protocol.session import ALLOWED, TRANSITIONS, SessionEvent, SessionState, advance

CLIENT_MESSAGES = frozenset(get_args(AnyClientMessage))


@pytest.mark.parametrize(("state", "event"), TRANSITIONS)
def test_a_step_of_the_table_is_taken(state: SessionState, event: SessionEvent) -> None:
    assert advance(state, event) is TRANSITIONS[state, event]


@pytest.mark.parametrize(
    ("state", "event"), sorted(set(product(SessionState, SessionEvent)) - set(TRANSITIONS))
)
def test_any_other_step_is_our_bug(state: SessionState, event: SessionEvent) -> None:
    with pytest.raises(KeyError):
        advance(state, event)


@pytest.mark.parametrize("state", SessionState)
def test_every_state_but_closed_can_be_closed(state: SessionState) -> None:
    assert ((state, SessionEvent.CLOSE) in TRANSITIONS) is (state is not SessionState.CLOSED)


def test_no_step_goes_back() -> None:
    order = list(SessionState)
    assert all(
        order.index(after) > order.index(before) for (before, _), after in TRANSITIONS.items()
    )


def test_each_state_says_which_messages_count() -> None:
    assert set(ALLOWED) == set(SessionState)
    assert ALLOWED[SessionState.OPENED] == {Hello, Enrol, Ping}
    assert ALLOWED[SessionState.GREETED] == CLIENT_MESSAGES - {Hello, Enrol}
    assert not ALLOWED[SessionState.CLOSED]


def test_a_press_still_counts_while_the_server_drains() -> None:
    assert Signal in ALLOWED[SessionState.DRAINING]

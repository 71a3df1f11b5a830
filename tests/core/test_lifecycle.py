from itertools import product

import pytest

from dispatch.core.lifecycle import TRANSITIONS, AlertEvent, advance
from protocol.vocabulary import AlertState

OPEN = [state for state in AlertState if state is not AlertState.CLOSED]


def reachable_from(start: AlertState) -> set[AlertState]:
    reached, edge = {start}, [start]
    while edge:
        state = edge.pop()
        for (before, _), after in TRANSITIONS.items():
            if before is state and after not in reached:
                reached.add(after)
                edge.append(after)
    return reached


def test_every_state_is_reached_and_every_event_does_something():
    assert reachable_from(AlertState.RAISED) == set(AlertState)
    assert {event for _, event in TRANSITIONS} == set(AlertEvent)


@pytest.mark.parametrize("state", OPEN)
def test_any_open_alert_may_be_told_and_closed(state):
    assert advance(state, AlertEvent.CLOSE) is AlertState.CLOSED
    assert advance(state, AlertEvent.SENT) is not AlertState.RAISED


def test_nothing_leaves_closed():
    assert not [event for state, event in TRANSITIONS if state is AlertState.CLOSED]


def test_only_who_accepted_arrives_and_only_the_owned_loses_its_owner():
    assert [s for s in AlertState if (s, AlertEvent.ARRIVE) in TRANSITIONS] == [AlertState.ACCEPTED]
    owned = {AlertState.ACCEPTED, AlertState.ON_SCENE}
    assert {s for s in AlertState if (s, AlertEvent.OWNER_LOST) in TRANSITIONS} == owned


def test_a_step_that_is_not_in_the_table_is_our_bug():
    missing = set(product(AlertState, AlertEvent)) - set(TRANSITIONS)
    assert missing
    for state, event in missing:
        with pytest.raises(KeyError):
            advance(state, event)

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clients.demo.beats import away_m, moved
from clients.demo.incidents import Incident
from clients.demo.schedule import ACCURACY_M, KEEP_APART_M, KINDS, TRIES_MAX, Schedule, Turn
from dispatch.core.dedupe import FAMILY
from dispatch.core.limits import CORROBORATION_RADIUS_M

HERE = (4.65, -74.1)


def incidents(*offsets_m: tuple[float, float]) -> list[Incident]:
    places = [moved(*HERE, east, north) for east, north in offsets_m]
    return [Incident(str(at), lat, lon) for at, (lat, lon) in enumerate(places)]


def test_it_keeps_further_apart_than_the_server_folds() -> None:
    assert KEEP_APART_M > CORROBORATION_RADIUS_M + 2 * ACCURACY_M
    assert len({FAMILY[kind] for kind in KINDS}) == len(KINDS)


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.floats(-400, 400), st.floats(-400, 400)), max_size=40),
    st.integers(1, 12),
    st.randoms(use_true_random=False),
)
def test_no_two_that_would_fold_are_ever_under_way_together(
    offsets_m: list[tuple[float, float]], devices: int, draw: Random
) -> None:
    schedule = Schedule(incidents(*offsets_m), [f"d{number}" for number in range(devices)])
    under_way: list[Turn] = []
    pressed: list[str] = []
    while not schedule.is_over:
        turn = schedule.next_turn()
        if turn is None:
            assert under_way, "nothing is under way and nothing may go: it would wait for ever"
            schedule.over(under_way.pop(draw.randrange(len(under_way))), located=True)
            continue
        for other in under_way:
            assert other.device_id != turn.device_id
            a, b = turn.incident, other.incident
            near = away_m(a.lat, a.lon, b.lat, b.lon) < KEEP_APART_M
            assert not (near and FAMILY[turn.kind] is FAMILY[other.kind])
        under_way.append(turn)
        pressed.append(turn.incident.incident_id)
    assert sorted(pressed, key=int) == [str(at) for at in range(len(offsets_m))]
    assert schedule.done == schedule.total


def test_three_at_one_place_go_as_three_kinds_and_the_fourth_waits() -> None:
    schedule = Schedule(incidents(*[(0, 0)] * 4), ["a", "b", "c", "d"])
    turns = [schedule.next_turn() for _ in range(3)]
    assert [turn.kind for turn in turns if turn] == list(KINDS)
    assert schedule.next_turn() is None
    assert turns[1] is not None
    schedule.over(turns[1], located=True)
    fourth = schedule.next_turn()
    assert fourth is not None
    assert fourth.kind is KINDS[1]


def test_one_that_has_to_wait_does_not_hold_up_those_behind_it() -> None:
    schedule = Schedule(incidents(*[(0, 0)] * 4, (5_000, 0)), list("abcdef"))
    order = [turn.incident.incident_id for turn in iter(schedule.next_turn, None)]
    assert order == ["0", "1", "2", "4"]


@pytest.mark.parametrize(("tries", "given_up"), [(TRIES_MAX - 1, 0), (TRIES_MAX, 1)])
def test_what_was_not_located_is_tried_again_and_given_up_at_last(
    tries: int, given_up: int
) -> None:
    schedule = Schedule(incidents((0, 0)), ["a"])
    for _ in range(tries):
        turn = schedule.next_turn()
        assert turn is not None
        schedule.over(turn, located=False)
    assert schedule.given_up == given_up
    assert schedule.is_over is bool(given_up)


def test_devices_take_turns() -> None:
    schedule = Schedule(incidents(*[(1_000 * at, 0) for at in range(6)]), ["a", "b"])
    order = []
    while (turn := schedule.next_turn()) is not None:
        order.append(turn.device_id)
        schedule.over(turn, located=True)
    assert all(first != second for first, second in pairwise(order))

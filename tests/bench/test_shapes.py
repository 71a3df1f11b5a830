import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.shapes import CALI_MEMBERS, MEMBERS_MAX, SCENARIOS, city_of, remarks_on
from protocol.vocabulary import Role


@pytest.mark.parametrize("name", SCENARIOS)
@given(part=st.floats(0, 1), seconds=st.floats(10, 7_200), people=st.integers(1, 30_000))
def test_no_scenario_wants_more_people_than_there_are(
    name: str, part: float, seconds: float, people: int
) -> None:
    wanted = SCENARIOS[name].at(part, seconds, people)
    assert 1 <= wanted.people <= people
    assert wanted.spawn_per_s > 0
    assert 0 < wanted.pause_s[0] <= wanted.pause_s[1]


def test_in_an_emergency_all_press_once_within_a_minute() -> None:
    wanted = SCENARIOS["emergency"].at(0.0, 3_600.0, CALI_MEMBERS)
    assert wanted.people / wanted.spawn_per_s <= 60.0
    assert math.isinf(wanted.pause_s[0])


def test_evenings_are_busier() -> None:
    people = [SCENARIOS["everyday"].at(part, 60.0, 1_000).people for part in (0.1, 0.75, 1.0)]
    assert people[1] == max(people)
    assert people[0] == min(people)


def test_a_city_of_a_scale_is_always_the_same_and_fits_the_server() -> None:
    city = city_of(0.01)
    assert city.members == city_of(0.01).members
    buttons = [each for each in city.idle if each.role is Role.BUTTON]
    assert len(city.senders) + len(buttons) == round(CALI_MEMBERS * 0.01)
    assert all(each.quadrant >= 0 and each.lat for each in buttons)
    assert len({each.device_id for each in city.members}) == len(city.members)
    assert CALI_MEMBERS > MEMBERS_MAX, "so a whole Cali is scaled down"


def test_a_city_that_is_scaled_down_is_said_to_be() -> None:
    assert remarks_on(MEMBERS_MAX / CALI_MEMBERS) == []
    (remark,) = remarks_on(1.0)
    assert "scaled down to 15,000 of 25,943 members" in remark
    city = city_of(1.0)
    assert sum(each.quadrant >= 0 for each in (*city.senders, *city.idle)) == MEMBERS_MAX

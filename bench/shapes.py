"""How many of a city's people do something at each moment: the load shapes of the scenarios.

Pure functions of time: `bench/locustfile.py` asks them every second.
"""

import math
from collections.abc import Callable
from typing import Final, NamedTuple

import msgspec

from bench.city import City, Member, plan_city
from protocol.vocabulary import Role

CALI_MEMBERS: Final = 25_943
"""Of Cali's Red de Apoyo, in 903 groups."""
QUADRANTS_MAX: Final = 60
PEOPLE_PER_QUADRANT: Final = 5
"""At least: a small city has fewer quadrants."""
OPERATORS: Final = 2
BUTTON_EVERY: Final = 10
"""Of ten who press, one has a button on the wall."""
MEMBERS_MAX: Final = 15_000
"""The server takes 19,000 connections, and a process may open 20,000 files."""
RUSH_PART: Final = 0.4
CUT_PART: Final = 0.4
"""When the power goes, as a part of the time."""
EVENING_PART: Final = 0.75


class Moment(NamedTuple):
    """What a scenario wants now."""

    people: int
    """Neighbours connected; patrols and operators always are."""
    spawn_per_s: float
    pause_s: tuple[float, float]
    """Between two presses of one neighbour, from and to; infinite: one press is all."""


class Scenario(NamedTuple):
    """A shape, and what it is."""

    says: str
    at: Callable[[float, float, int], Moment]
    """Of the part of the time that has passed (0 to 1), its length in seconds, and all people."""
    cuts: bool = False
    """The power fails once."""


def _everyday(part: float, seconds: float, people: int) -> Moment:
    """More and more press towards the evening, then fewer: robberies follow the hours."""
    share = 0.3 + 0.7 * math.exp(-(((part - EVENING_PART) / 0.25) ** 2))
    return Moment(max(1, round(people * share)), people / seconds * 4, (seconds / 6, seconds / 2))


def _emergency(part: float, seconds: float, people: int) -> Moment:
    """All press within a minute (of an hour that lasts `seconds`, at least a second)."""
    del part
    within_s = max(1.0, min(60.0, seconds * 0.5))
    return Moment(people, people / within_s, (math.inf, math.inf))


def _power_cut(part: float, seconds: float, people: int) -> Moment:
    """All are there and some press; then all are gone at one moment, and come back."""
    del part
    return Moment(people, people / (seconds * 0.2), (seconds / 6, seconds / 2))


SCENARIOS: Final = {
    "everyday": Scenario("an everyday hour, made shorter", _everyday),
    "emergency": Scenario("all members press within a minute", _emergency),
    "power-cut": Scenario(
        "all lose their connection at one moment and come back", _power_cut, True
    ),
}


def remarks_on(scale: float) -> list[str]:
    """What of a scale is not played."""
    people = round(CALI_MEMBERS * scale)
    if people <= MEMBERS_MAX:
        return []
    return [
        f"scaled down to {MEMBERS_MAX:,} of {people:,} members: a process may open 20,000 files"
    ]


def city_of(scale: float) -> City:
    """Cali's members, scaled, in a small city; the same for the server and for locust.

    Of `idle`, the buttons press as well, and the operators watch.
    """
    people = min(MEMBERS_MAX, max(BUTTON_EVERY, round(CALI_MEMBERS * scale)))
    quadrants = max(2, min(QUADRANTS_MAX, people // PEOPLE_PER_QUADRANT))
    city = plan_city(quadrants=quadrants, senders=people)
    buttons = tuple(_button(each) for each in city.senders if each.number % BUTTON_EVERY == 0)
    apps = tuple(each for each in city.senders if each.number % BUTTON_EVERY)
    operators = tuple(
        Member(f"operator-{number}", Role.OPERATOR, number) for number in range(OPERATORS)
    )
    return msgspec.structs.replace(city, senders=apps, idle=(*buttons, *operators))


def _button(member: Member) -> Member:
    return msgspec.structs.replace(member, device_id=f"button-{member.number}", role=Role.BUTTON)

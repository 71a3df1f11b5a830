"""How the demo's patrols behave: seeded draws of what people do and how long they take.

A real patrol takes minutes; here minutes are seconds, and `hurry` shortens them further.
"""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from clients.demo.draws import pick
from protocol.vocabulary import Outcome

BESIDE_LATER_S: Final = 7.0
"""A patrol of another quadrant leaves the first chance to the quadrant's own."""
OFF_DUTY_SHARE: Final = 0.04
OFF_DUTY_S: Final = (20.0, 60.0)
TRAVEL_SHARE: Final = 0.15
"""How much of the arrival time that a patrol announces passes in the demo."""
WORKS_S: Final = (3.0, 11.0)


class Temper(StrEnum):
    """What kind of patrols a quadrant has."""

    PROMPT = "prompt"
    SLOW = "slow"
    """They answer when called again, or after the neighbours were called."""
    DEAF = "deaf"
    """They show alerts and never answer."""


ACCEPTS_AFTER_S: Final = {Temper.PROMPT: (1.2, 7.0), Temper.SLOW: (11.0, 34.0)}
_TEMPERS: Final = ((0.82, Temper.PROMPT), (0.95, Temper.SLOW), (1.0, Temper.DEAF))
_OUTCOMES: Final = (
    (0.70, Outcome.REAL),
    (0.84, Outcome.UNFOUNDED),
    (0.93, Outcome.FALSE_ALARM),
    (1.0, Outcome.REAL),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one patrol does about one alert; times in seconds, each after the one before."""

    accepts_after_s: float
    eta_s: int
    travels_s: float
    works_s: float
    outcome: Outcome


def temper_of(quadrant: str, seed: int) -> Temper:
    """Say what kind of patrols a quadrant has."""
    return pick(_TEMPERS, Random(f"{seed}:{quadrant}").random())  # noqa: S311


def answer(draw: Random, temper: Temper, *, own: bool, hurry: float = 1.0) -> Answer | None:
    """Draw what a patrol does about an alert of its `own` or another quadrant. None: nothing."""
    if temper is Temper.DEAF:
        return None
    shortest_s, longest_s = ACCEPTS_AFTER_S[temper]
    after_s = draw.triangular(shortest_s, longest_s, 1.4 * shortest_s)
    eta_s = draw.randint(3, 14) * 10
    return Answer(
        (after_s + (0.0 if own else BESIDE_LATER_S)) / hurry,
        eta_s,
        eta_s * TRAVEL_SHARE / hurry,
        draw.uniform(*WORKS_S) / hurry,
        pick(_OUTCOMES, draw.random()),
    )


def goes_off_duty_for_s(draw: Random) -> float | None:
    """Draw whether a patrol takes a break after a job, and for how long."""
    return draw.uniform(*OFF_DUTY_S) if draw.random() < OFF_DUTY_SHARE else None

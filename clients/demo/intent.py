"""What the demo's neighbours do: seeded draws of presses and of what follows them."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from clients.demo.beats import moved
from clients.demo.draws import pick
from protocol.messages import Position
from protocol.vocabulary import Kind

NO_FIX_SHARE: Final = 0.12
STALE_FIX_SHARE: Final = 0.10
ACCURACY_M: Final = (4.0, 35.0)
SEQUEL_AFTER_S: Final = (1.5, 6.0)


class Sequel(StrEnum):
    """What happens after a press."""

    NONE = "none"
    REPEAT = "repeat"
    """The same person presses again."""
    NEIGHBOUR = "neighbour"
    """Somebody beside them presses too."""
    CANCEL = "cancel"


_KINDS: Final = (
    (0.60, Kind.PANIC),
    (0.70, Kind.SILENT),
    (0.82, Kind.MEDICAL),
    (0.88, Kind.FIRE),
    (0.94, Kind.INTRUSION),
    (1.00, Kind.TEST),
)
_SEQUELS: Final = (
    (0.70, Sequel.NONE),
    (0.82, Sequel.REPEAT),
    (0.92, Sequel.NEIGHBOUR),
    (1.00, Sequel.CANCEL),
)


@dataclass(frozen=True, slots=True)
class Intent:
    """One press, and what follows it after so many seconds."""

    kind: Kind
    sequel: Sequel
    sequel_after_s: float


def draw_intent(draw: Random) -> Intent:
    """Draw the next press of anybody."""
    sequel = pick(_SEQUELS, draw.random())
    return Intent(pick(_KINDS, draw.random()), sequel, draw.uniform(*SEQUEL_AFTER_S))


def draw_fix(draw: Random, lat: float, lon: float) -> Position | None:
    """Draw what a phone at this place believes, off by what it admits to. None: it has no fix."""
    if draw.random() < NO_FIX_SHARE:
        return None
    accuracy_m = draw.uniform(*ACCURACY_M)
    sigma_m = accuracy_m / 1.52  # of each axis, so that the circle holds 68 % of the fixes
    lat, lon = moved(lat, lon, draw.gauss(0, sigma_m), draw.gauss(0, sigma_m))
    age_s = draw.uniform(30, 240) if draw.random() < STALE_FIX_SHARE else draw.uniform(0, 3)
    return Position(round(lat, 7), round(lon, 7), round(accuracy_m, 1), round(age_s, 1))


def draw_pause_s(draw: Random, per_s: float) -> float:
    """Draw the time until the next press: a Poisson process of `per_s`, without its long gaps."""
    return min(draw.expovariate(per_s), 3 / per_s)

"""Whether a signal is a new emergency, or more of one that is known.

The first press is never held back and a genuine new emergency is never swallowed: a signal joins an
alert only when the alert is open and of the same family of kinds, and then only

- from the same device, within `REPEAT_WINDOW_S` of its last signal in that alert (wherever it has
  run to meanwhile: one device is one person), or
- from another device within `CORROBORATION_WINDOW_S` of the alert's last signal and within
  `CORROBORATION_RADIUS_M` of its place, widened a little by what both fixes are unsure of.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from dispatch.core.alert import Alert
from dispatch.core.board import Board
from dispatch.core.limits import (
    ACCURACY_UNKNOWN_M,
    CORROBORATION_ACCURACY_CREDIT_M,
    CORROBORATION_RADIUS_M,
    CORROBORATION_WINDOW_S,
    REPEAT_WINDOW_S,
)
from dispatch.core.whereabouts import Point
from protocol.messages import Signal
from protocol.vocabulary import Kind, Verdict


class Family(StrEnum):
    """Kinds that may be one emergency. A real press never joins a test, nor a fire a robbery."""

    SECURITY = "security"
    MEDICAL = "medical"
    FIRE = "fire"
    TEST = "test"


FAMILY: Final = MappingProxyType(
    {
        Kind.PANIC: Family.SECURITY,
        Kind.SILENT: Family.SECURITY,
        Kind.INTRUSION: Family.SECURITY,
        Kind.MEDICAL: Family.MEDICAL,
        Kind.FIRE: Family.FIRE,
        Kind.TEST: Family.TEST,
    }
)

_EARTH_M_PER_DEG = 111_195.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict, and the alert that the signal belongs to unless it is the first of one.

    No verdict: the id is already another device's, which is a conflict and never a merge.
    """

    verdict: Verdict | None
    alert: Alert | None = None


_FIRST = Judgement(Verdict.FIRST)


def judge(
    board: Board, device_id: str, signal: Signal, point: Point | None, now_s: float
) -> Judgement:
    """Say what a signal is. Reads the board, changes nothing."""
    known = board.by_signal(signal.signal_id)
    if known is not None:
        if known.presses[signal.signal_id].device_id != device_id:
            return Judgement(None)
        return Judgement(Verdict.RETRANSMISSION, known)
    family = FAMILY[signal.kind]
    for alert in reversed(board.open_of_device(device_id)):
        last = alert.last_press_of[device_id]
        if FAMILY[alert.kind] is family and now_s - last.at_s <= REPEAT_WINDOW_S:
            return Judgement(Verdict.REPEAT_PRESS, alert)
    if point is not None:
        nearest = _nearest_corroborated(board, family, point, now_s)
        if nearest is not None:
            return Judgement(Verdict.CORROBORATION, nearest)
    return _FIRST


def _nearest_corroborated(board: Board, family: Family, point: Point, now_s: float) -> Alert | None:
    best: tuple[float, str] | None = None
    for alert in board.open_near(point.lat, point.lon):
        place = alert.place
        if FAMILY[alert.kind] is not family or place.lat is None or place.lon is None:
            continue
        if now_s - alert.last_signal_s > CORROBORATION_WINDOW_S:
            continue
        away_m = distance_m(point.lat, point.lon, place.lat, place.lon)
        radius_m = (
            CORROBORATION_RADIUS_M + _credit_m(point.accuracy_m) + _credit_m(place.accuracy_m)
        )
        if away_m <= radius_m and (best is None or (away_m, alert.alert_id) < best):
            best = (away_m, alert.alert_id)
    return None if best is None else board.alerts[best[1]]


def _credit_m(accuracy_m: float | None) -> float:
    known_m = ACCURACY_UNKNOWN_M if accuracy_m is None else accuracy_m
    return min(known_m, CORROBORATION_ACCURACY_CREDIT_M)


def distance_m(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Return metres between two near points (equirectangular; under 0.1 % off within 10 km)."""
    dy = (lat_a - lat_b) * _EARTH_M_PER_DEG
    dx = (lon_a - lon_b) * _EARTH_M_PER_DEG * math.cos(math.radians((lat_a + lat_b) / 2))
    return math.hypot(dx, dy)

"""Whether a signal is a new emergency, or more of one that is known.

The first press is never held back and a genuine new emergency is never swallowed: a signal joins an
alert only when the alert is open and of the same family of kinds, and then only

- from the same device, within `REPEAT_WINDOW_S` of its last signal in that alert (wherever it has
  run to meanwhile, if it raised the alert: that moves along; what it joined it must be near), or
- from another device within `CORROBORATION_WINDOW_S` of the alert's last signal and within
  `CORROBORATION_RADIUS_M` of its place, widened a little by what both fixes are unsure of.
"""

import math
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from dispatch.core.alert import Alert
from dispatch.core.board import Board
from dispatch.core.limits import (
    ACCURACY_UNKNOWN_M,
    CORROBORATION_ACCURACY_CREDIT_M,
    CORROBORATION_RADIUS_M,
    CORROBORATION_WINDOW_S,
    REPEAT_WINDOW_S,
)
from dispatch.core.whereabouts import Point, distance_m
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


class Judgement(Struct, frozen=True, gc=False):
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
        is_recent = now_s - alert.last_press_of[device_id].at_s <= REPEAT_WINDOW_S
        goes_along = alert.device_id == device_id or point is None or _is_near(alert, point)
        if FAMILY[alert.kind] is family and is_recent and goes_along:
            return Judgement(Verdict.REPEAT_PRESS, alert)
    nearest = _nearest(board, family, point, now_s) if point is not None else None
    if nearest is None:
        return _FIRST
    is_known = device_id in nearest.last_press_of
    return Judgement(Verdict.REPEAT_PRESS if is_known else Verdict.CORROBORATION, nearest)


def _nearest(board: Board, family: Family, point: Point, now_s: float) -> Alert | None:
    """Return the nearest live alert that a signal corroborates; of two as near, the lower id."""
    live = [
        (away_m, alert.alert_id, alert)
        for alert in board.open_near(point.lat, point.lon)
        if now_s - alert.last_signal_s <= CORROBORATION_WINDOW_S
        and FAMILY[alert.kind] is family
        and (away_m := _away_m(alert, point)) <= _reach_m(alert, point)
    ]
    return min(live)[2] if live else None


def _is_near(alert: Alert, point: Point) -> bool:
    return _away_m(alert, point) <= _reach_m(alert, point)


def _reach_m(alert: Alert, point: Point) -> float:
    """How far apart the two may be said to be and yet be at one place."""
    unsure_m = _credit_m(point.accuracy_m) + _credit_m(alert.place.accuracy_m)
    return CORROBORATION_RADIUS_M + unsure_m


def _away_m(alert: Alert, point: Point) -> float:
    place = alert.place
    if place.lat is None or place.lon is None:
        return math.inf
    return distance_m(point.lat, point.lon, place.lat, place.lon)


def _credit_m(accuracy_m: float | None) -> float:
    known_m = ACCURACY_UNKNOWN_M if accuracy_m is None else accuracy_m
    return min(known_m, CORROBORATION_ACCURACY_CREDIT_M)

"""The first press is never held back, and a genuine new emergency is never swallowed."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.core.dedupe import FAMILY, Family
from dispatch.core.facts import FactKind
from dispatch.core.limits import (
    CORROBORATION_ACCURACY_CREDIT_M,
    CORROBORATION_RADIUS_M,
    CORROBORATION_WINDOW_S,
    REPEAT_WINDOW_S,
    SIGNALS_PER_ALERT_REMEMBERED,
)
from dispatch.core.registry import Device
from protocol.messages import Receipt
from protocol.vocabulary import ErrorCode, Kind, Role, Urgency, Verdict
from tests.core.town import MIDDLE, Town, residents

FAR_M = CORROBORATION_RADIUS_M + 2 * CORROBORATION_ACCURACY_CREDIT_M
"""Further than this nothing corroborates, however vague both fixes are."""

kinds = st.sampled_from(Kind)
coordinates = st.floats(-1_000, 4_000)
accuracies = st.none() | st.floats(0, 100_000)
places = st.none() | st.tuples(coordinates, coordinates)


def quick(examples: int = 100) -> settings:
    return settings(max_examples=examples)


def town() -> Town:
    started = Town()
    started.connect("patrol-1", "operator", "ana", "beto", "carla")
    started.forget_frames()
    return started


def verdicts(town: Town, device: str) -> list[Verdict]:
    return [receipt.verdict for receipt in town.receipts(device)]


# --- the first press ------------------------------------------------------------------------------


@given(kinds, places, accuracies, st.sampled_from(["ana", "beto", "carla", "wall", "panel"]))
@quick()
def test_the_first_press_of_anything_goes_out_in_the_same_breath(kind, place, accuracy_m, device):
    it = town()
    speaker, source = ("gateway", device) if device == "panel" else (device, None)
    it.connect(speaker)
    alert = it.press(speaker, at=place, kind=kind, accuracy_m=accuracy_m, source=source)
    assert [frame.alert_id for frame in it.alerts("operator")] == [alert]
    assert verdicts(it, speaker) == [Verdict.FIRST]


# --- the same signal again ------------------------------------------------------------------------


def test_a_retransmission_gets_the_same_receipt_and_makes_no_frame():
    it = town()
    alert = it.press("ana", at=MIDDLE)
    (first,) = it.receipts("ana")
    shown = len(it.alerts("patrol-1"))
    for _ in range(5):
        it.press("ana", at=MIDDLE, again=alert)
    assert it.receipts("ana") == [first] * 6
    assert len(it.alerts("patrol-1")) == shown
    assert it.alert(alert).signals_total == 1


def test_a_retransmission_of_a_repeated_press_keeps_its_verdict():
    it = town()
    it.press("ana", at=MIDDLE)
    second = it.press("ana", at=MIDDLE)
    it.press("ana", at=MIDDLE, again=second)
    assert verdicts(it, "ana") == [Verdict.FIRST, Verdict.REPEAT_PRESS, Verdict.REPEAT_PRESS]
    assert it.reasons(FactKind.SIGNAL)[-1] == Verdict.RETRANSMISSION


def test_a_retransmission_is_known_from_another_place_hours_later_and_with_another_kind():
    it = town()
    alert = it.press("ana", at=MIDDLE)
    it.accept("patrol-1", alert)
    it.arrive("patrol-1", alert)
    it.after(7_200)
    it.press("ana", at=(10, 10), kind=Kind.FIRE, again=alert)
    assert verdicts(it, "ana")[-1] is Verdict.FIRST
    assert len(it.city.board.alerts) == 1


def test_anothers_signal_id_is_a_conflict_and_never_a_merge():
    it = town()
    alert = it.press("ana", at=MIDDLE)
    it.forget_frames()
    it.press("beto", at=MIDDLE, again=alert)
    assert it.errors("beto") == [ErrorCode.SIGNAL_ID_CONFLICT]
    assert it.receipts("beto") == []
    assert it.alerts("patrol-1") == []
    assert it.alert(alert).signals_total == 1
    assert it.reasons(FactKind.DENIED) == ["signal_id_conflict"]


# --- the same device again ------------------------------------------------------------------------


def test_pressing_again_raises_the_urgency_and_moves_the_place():
    it = town()
    alert = it.press("ana", at=MIDDLE)
    it.after(5)
    it.press("ana", at=(1_800, 1_500))
    shown = it.alerts("patrol-1")[-1]
    assert shown.alert_id == alert
    assert shown.urgency is Urgency.HIGH
    assert shown.signals_total == 2
    assert shown.place == it.alerts("patrol-1")[-1].reports[-1].place
    assert round((shown.place.lon - it.alerts("patrol-1")[0].place.lon) * 111_195) == 300


def test_whoever_runs_to_the_other_end_of_town_is_still_one_person():
    it = town()
    it.connect("patrol-far")
    alert = it.press("ana", at=(100, 2_900))
    it.after(120)
    it.press("ana", at=(2_900, 100))
    assert verdicts(it, "ana")[-1] is Verdict.REPEAT_PRESS
    assert it.alert(alert).quadrant == "C1"
    it.after(1)
    assert it.alerts("patrol-far")[-1].alert_id == alert


@given(st.floats(REPEAT_WINDOW_S + 0.001, 3_000), places)
@quick(50)
def test_the_same_device_far_in_time_raises_a_new_alert(later_s, place):
    it = town()
    first = it.press("ana", at=MIDDLE)
    it.after(later_s)
    second = it.press("ana", at=place)
    assert second != first
    assert second in it.city.board.alerts
    assert verdicts(it, "ana")[-1] is Verdict.FIRST


@given(kinds, kinds, places, places, st.floats(0, 400))
@quick()
def test_the_same_device_with_another_family_of_kind_raises_a_new_alert(one, other, a, b, later_s):
    it = town()
    first = it.press("ana", at=a, kind=one)
    it.after(later_s)
    second = it.press("ana", at=b, kind=other)
    if FAMILY[one] is not FAMILY[other]:
        assert {first, second} <= set(it.city.board.alerts)


def test_a_press_after_the_alert_was_closed_is_a_new_emergency():
    it = town()
    first = it.press("ana", at=MIDDLE)
    it.close("operator", first)
    second = it.press("ana", at=MIDDLE)
    assert it.alert(second).is_open
    assert it.alerts("patrol-1")[-1].alert_id == second


# --- other devices --------------------------------------------------------------------------------


def test_a_neighbour_who_presses_joins_with_his_own_person_and_place():
    it = town()
    alert = it.press("ana", at=MIDDLE)
    it.after(5)
    it.press("beto", at=(1_540, 1_500), kind=Kind.INTRUSION)
    shown = it.alerts("patrol-1")[-1]
    (report,) = shown.reports
    assert (shown.alert_id, shown.urgency, shown.signals_total) == (alert, Urgency.CRITICAL, 2)
    assert (report.verdict, report.kind) == (Verdict.CORROBORATION, Kind.INTRUSION)
    assert (report.sender.name, report.sender.phone) == ("Beto Díaz", "3002")
    assert round((report.place.lon - shown.place.lon) * 111_195) == 40
    (receipt,) = it.receipts("beto")
    assert (receipt.alert_id, receipt.verdict) == (alert, Verdict.CORROBORATION)


@given(
    st.tuples(coordinates, coordinates),
    st.floats(FAR_M + 5, 5_000),
    st.booleans(),
    accuracies,
    accuracies,
)
@quick()
def test_far_enough_apart_in_place_is_always_a_new_alert(
    at, away_m, is_east, accuracy_a, accuracy_b
):
    it = town()
    other = (at[0] + away_m, at[1]) if is_east else (at[0], at[1] + away_m)
    accuracy_a, accuracy_b = (min(each or 0, 5_000) for each in (accuracy_a, accuracy_b))
    first = it.press("ana", at=at, accuracy_m=accuracy_a)
    second = it.press("beto", at=other, accuracy_m=accuracy_b)
    assert {first, second} <= set(it.city.board.alerts)


@given(st.floats(CORROBORATION_WINDOW_S + 0.001, 3_000), places)
@quick(50)
def test_far_enough_apart_in_time_is_always_a_new_alert(later_s, place):
    it = town()
    first = it.press("ana", at=place)
    it.after(later_s)
    second = it.press("beto", at=place)
    assert {first, second} <= set(it.city.board.alerts)


@given(kinds, kinds)
@quick()
def test_kinds_of_other_families_are_never_one_alert(one, other):
    it = town()
    first = it.press("ana", at=MIDDLE, kind=one)
    second = it.press("beto", at=MIDDLE, kind=other)
    apart = second in it.city.board.alerts
    assert first in it.city.board.alerts
    assert apart == (FAMILY[one] is not FAMILY[other])


def test_a_drill_swallows_no_panic_nor_a_panic_a_drill():
    assert [kind for kind in Kind if FAMILY[kind] is Family.TEST] == [Kind.TEST]
    it = town()
    it.press("ana", at=MIDDLE, kind=Kind.TEST)
    panic = it.press("ana", at=MIDDLE)
    drill = it.press("beto", at=MIDDLE, kind=Kind.TEST)
    assert it.alert(panic).is_open
    assert drill not in it.city.board.alerts, "it joined the other drill"
    assert it.alert(panic).signals_total == 1


@given(st.none() | st.floats(0, 5_000), st.floats(0, 60))
@quick(50)
def test_who_is_surely_near_joins(accuracy_m, away_m):
    it = town()
    alert = it.press("ana", at=MIDDLE)
    it.press("beto", at=(MIDDLE[0] + away_m, MIDDLE[1] + away_m), accuracy_m=accuracy_m)
    assert it.alert(alert).signals_total == 2


def test_of_two_alerts_the_nearer_one_is_joined():
    it = town()
    west = it.press("ana", at=(1_000, 1_500))
    east = it.press("beto", at=(1_160, 1_500))
    it.press("carla", at=(1_090, 1_500))
    assert it.alert(west).signals_total == 1
    assert it.alert(east).signals_total == 2


def test_whoever_joined_and_then_presses_far_away_has_a_new_emergency():
    """The alert moves with the one who raised it only: it would not go along."""
    it = town()
    first = it.press("ana", at=MIDDLE)
    it.press("beto", at=MIDDLE)
    it.after(30)
    second = it.press("beto", at=(2_800, 1_500))
    assert it.alert(second).quadrant == "C2"
    it.press("beto", at=(2_800, 1_600))
    assert it.alert(first).signals_total == 2
    assert it.alert(second).signals_total == 2


def test_pressing_again_after_joining_is_a_repeated_press():
    it = town()
    it.press("ana", at=MIDDLE)
    it.press("beto", at=MIDDLE)
    it.press("beto", at=MIDDLE)
    it.press("beto")  # and without a fix he is still the same person
    assert verdicts(it, "beto") == [Verdict.CORROBORATION] + [Verdict.REPEAT_PRESS] * 2


def test_nobody_corroborates_himself():
    """Others kept the alert alive for longer than the window of a repeated press."""
    it = town()
    alert = it.press("ana", at=MIDDLE)
    for device in ("beto", "carla", "beto", "carla"):
        it.after(100)
        it.press(device, at=MIDDLE)
    it.press("ana", at=MIDDLE)
    assert it.receipts("ana")[-1].alert_id == alert
    assert verdicts(it, "ana")[-1] is Verdict.REPEAT_PRESS


# --- floods ---------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 2), min_size=1, max_size=60), st.lists(places, min_size=60))
@quick(40)
def test_a_flood_from_one_device_costs_one_alert_and_one_frame_a_second(pauses, where):
    it = town()
    it.accept("patrol-1", it.press("ana", at=MIDDLE))  # so that nothing escalates meanwhile
    it.forget_frames()
    frames_at = []
    for pause_s, at in zip(pauses, where, strict=False):
        it.after(pause_s)
        it.press("ana", at=at)
        frames_at += [it.mono_s] * (len(it.alerts("patrol-1")) - len(frames_at))
    it.after(1)
    assert len(it.city.board.alerts) == 1
    assert len(it.receipts("ana")) >= len(pauses)
    assert len(it.alerts("patrol-1")) <= 2 + sum(pauses)
    assert it.alerts("patrol-1")[-1].signals_total == 1 + len(pauses)


def test_a_flood_longer_than_we_remember_is_still_answered():
    it = town()
    presses = 2 * SIGNALS_PER_ALERT_REMEMBERED
    for _ in range(presses):
        it.press("ana", at=MIDDLE)
    (alert,) = it.city.board.alerts.values()
    assert len(it.got("ana", Receipt)) == presses
    assert alert.signals_total == presses
    assert len(alert.presses) == SIGNALS_PER_ALERT_REMEMBERED
    assert verdicts(it, "ana")[-1] is Verdict.REPEAT_PRESS


def test_a_whole_street_that_presses_is_one_alert_and_each_is_answered():
    street = [Device(f"app-{number}", Role.APP, f"App {number}") for number in range(40)]
    it = Town([*residents(), *street])
    it.connect("patrol-1", *(device.device_id for device in street))
    it.forget_frames()
    for number, device in enumerate(street):
        it.after(0.1)
        it.press(device.device_id, at=(1_500 + number % 10, 1_500))
    (alert,) = it.city.board.alerts.values()
    assert alert.urgency is Urgency.CRITICAL
    assert all(it.receipts(device.device_id) for device in street)
    assert len(it.alerts("patrol-1")) <= 5

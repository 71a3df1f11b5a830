import math

from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.deadlines import Deadlines


def due_at(deadlines: Deadlines, now_s: float) -> list[str]:
    due = []
    while (alert_id := deadlines.take_due(now_s)) is not None:
        due.append(alert_id)
    return due


reminders = st.lists(st.tuples(st.floats(0, 100), st.sampled_from("abc")))


def test_nothing_is_due_when_nothing_was_asked():
    deadlines = Deadlines()
    deadlines.remind(None, "a")
    assert deadlines.next_s() is None
    assert due_at(deadlines, 1e9) == []
    assert deadlines.reminder_s("a") == math.inf


@given(reminders, st.floats(0, 100))
def test_each_alert_is_looked_at_by_its_soonest_reminder_once(asked, now_s):
    deadlines = Deadlines()
    for at_s, alert_id in asked:
        deadlines.remind(at_s, alert_id)
    soonest = {alert_id: min(at for at, each in asked if each == alert_id) for _, alert_id in asked}
    assert deadlines.next_s() == min(soonest.values(), default=None)
    due = due_at(deadlines, now_s)
    assert sorted(due) == sorted(each for each, at_s in soonest.items() if at_s <= now_s)
    assert [soonest[each] for each in due] == sorted(soonest[each] for each in due)
    assert due_at(deadlines, now_s) == []


def test_whoever_changes_his_mind_a_thousand_times_costs_one_reminder():
    deadlines = Deadlines()
    for number in range(1_000):
        deadlines.remind(100.0 + number, "a")
    assert len(deadlines._heap) == 1
    assert due_at(deadlines, 1e9) == ["a"]
    assert deadlines.next_s() is None

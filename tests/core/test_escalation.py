from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.core.escalation import DRILL, POLICIES, URGENT, arm, arrival_deadline_s, take_steps
from dispatch.core.events import Tick
from dispatch.core.limits import ARRIVAL_DEADLINE_S, ARRIVAL_GRACE, ARRIVAL_GRACE_MIN_S
from protocol.vocabulary import Kind, Step
from tests.core.town import MIDDLE, Town

EXACT = {
    10.0: "repeated",
    20.0: "widened",
    40.0: "supervisors",
    70.0: "insisted",
    100.0: "insisted",
}


def steps_at(town: Town) -> list[tuple[float, str]]:
    start_ms = town.facts[0].at_ms
    return [
        ((fact.at_ms - start_ms) / 1000, fact.reason)
        for fact in town.facts
        if fact.kind == "escalated"
    ]


def raised(kind: Kind = Kind.PANIC) -> tuple[Town, str]:
    town = Town()
    town.connect("patrol-1", "patrol-east", "operator", "supervisor", "ana")
    town.facts.clear()
    return town, town.press("ana", at=MIDDLE, kind=kind)


def test_every_kind_has_a_policy_and_steps_only_go_up():
    assert set(POLICIES) == set(Kind)
    for policy in POLICIES.values():
        assert list(policy.steps) == sorted(policy.steps)
        assert (policy.closes_after_s is None) == (policy.insist_every_s is not None)
    assert [kind for kind, policy in POLICIES.items() if policy is DRILL] == [Kind.TEST]


@pytest.mark.parametrize("kind", [kind for kind in Kind if POLICIES[kind] is URGENT])
def test_unanswered_it_is_repeated_widened_raised_and_insisted_upon(kind):
    town, _ = raised(kind)
    town.after(9.999)
    assert steps_at(town) == []
    town.after(120)
    assert dict(steps_at(town)[:5]) == EXACT
    assert [at for at, _ in steps_at(town)] == [10, 20, 40, 70, 100]


def test_each_step_calls_further():
    town, _ = raised()
    town.after(10)
    assert town.rings("patrol-1") == 1
    assert town.rings("operator") == 0
    assert not town.alerts("patrol-east")
    town.after(10)
    assert town.rings("patrol-1") == 2
    assert town.rings("operator") == 1
    assert town.rings("patrol-east") == 1
    assert town.alerts("patrol-east")[-1].told.control_room
    town.after(20)
    assert town.rings("supervisor") == 1
    shown = town.alerts("supervisor")[-1]
    assert (shown.told.supervisors, shown.escalation.step) == (True, Step.SUPERVISORS)
    assert shown.escalation.rounds == 3
    assert shown.escalation.next_at_ms == town.now.wall_ms + 30_000


def test_the_exact_step_is_armed_from_the_one_before_not_from_when_it_was_taken():
    town, alert_id = raised()
    alert = town.alert(alert_id)
    start_s = town.mono_s
    assert take_steps(alert, start_s + 13) == [Step.REPEATED]
    assert alert.escalate_at_s == start_s + 20
    assert take_steps(alert, start_s + 19.9) == []
    assert take_steps(alert, start_s + 25) == [Step.WIDENED]
    assert alert.escalate_at_s == start_s + 40


def test_a_clock_that_slept_through_it_all_catches_up_in_one_frame_and_one_ring():
    town, alert = raised()
    town.forget_frames()
    town.asleep(600)
    assert [step for _, step in steps_at(town)] == [
        "repeated",
        "widened",
        "supervisors",
        "insisted",
    ]
    for device in ("patrol-1", "patrol-east", "operator", "supervisor"):
        assert len(town.alerts(device)) == 1
        assert town.rings(device) == 1
    assert town.alert(alert).escalate_at_s == town.mono_s + 30


@given(st.lists(st.floats(0.01, 45), min_size=1, max_size=40))
@settings(max_examples=100)
def test_each_step_is_taken_once_in_order_and_never_early_whenever_the_ticks_come(pauses):
    town, alert_id = raised()
    start_s = town.mono_s
    for pause_s in pauses:
        town.asleep(pause_s)
        elapsed_s = town.mono_s - start_s
        due = [step for at_s, step in EXACT.items() if at_s <= elapsed_s][:3]
        taken = [step for _, step in steps_at(town)]
        assert taken[:3] == due, f"after {elapsed_s} s"
        assert set(taken[3:]) <= {"insisted"}
        assert len(taken) <= 3 + max(0, (elapsed_s - 40) // 30)
        assert town.alert(alert_id).escalate_at_s > town.mono_s
    town.dispatcher.handle(Tick(), town.now)
    assert town.dispatcher.handle(Tick(), town.now) == []


def test_acceptance_stops_it():
    town, alert = raised()
    town.after(15)
    town.accept("patrol-1", alert, eta_s=3_600)
    town.after(300)
    assert [step for _, step in steps_at(town)] == ["repeated"]
    assert town.alerts("patrol-1")[-1].escalation.next_at_ms is None


def test_a_drill_calls_nobody_again_and_closes_itself():
    town, drill = raised(Kind.TEST)
    town.after(59.9)
    assert town.alert(drill).is_open
    town.after(0.1)
    assert not town.alert(drill).is_open
    assert town.alerts("patrol-1")[-1].outcome == "test"
    assert town.receipts("ana")[-1].outcome == "test"
    assert [town.rings(device) for device in ("patrol-1", "operator", "supervisor")] == [0, 0, 0]
    assert [fact.reason for fact in town.facts if fact.kind == "closed"] == ["automatic"]


@pytest.mark.parametrize("arrives", [False, True])
def test_a_drill_that_is_accepted_closes_itself_all_the_same(arrives):
    town, drill = raised(Kind.TEST)
    town.accept("patrol-1", drill)
    if arrives:
        town.arrive("patrol-1", drill)
    town.after(3_600)
    assert town.city.board.open_count == 0
    assert town.rings("operator") == 0


def test_an_arrival_is_overdue_after_half_as_much_again_as_was_said():
    assert arrival_deadline_s(None) == ARRIVAL_DEADLINE_S
    assert arrival_deadline_s(600) == 600 * ARRIVAL_GRACE
    assert arrival_deadline_s(0) == ARRIVAL_GRACE_MIN_S


def test_arming_starts_from_the_beginning():
    town, alert_id = raised()
    town.after(45)
    alert = town.alert(alert_id)
    arm(alert, 5_000.0)
    assert (alert.rounds, alert.step, alert.escalate_at_s) == (0, Step.NONE, 5_010.0)


def test_a_policy_that_would_leave_an_alert_alone_is_our_bug(monkeypatch):
    town, alert_id = raised()
    broken = {**POLICIES, Kind.PANIC: replace(URGENT, insist_every_s=None)}
    monkeypatch.setattr("dispatch.core.escalation.POLICIES", broken)
    with pytest.raises(AssertionError, match="never left alone"):
        take_steps(town.alert(alert_id), town.mono_s + 60)

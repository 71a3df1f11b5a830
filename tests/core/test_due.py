from protocol.vocabulary import Stage
from tests.core.town import MIDDLE, Town


def accepted(eta_s=None) -> tuple[Town, str]:
    town = Town()
    town.connect("patrol-1", "patrol-2", "operator", "supervisor", "ana")
    alert = town.press("ana", at=MIDDLE)
    town.accept("patrol-1", alert, eta_s)
    town.forget_frames()
    return town, alert


def test_an_owner_that_does_not_arrive_is_overdue_and_the_control_room_is_called():
    town, _ = accepted(eta_s=300)
    town.after(449)
    assert town.alerts("operator") == []
    town.after(1)
    (shown,) = town.alerts("operator")
    assert shown.owner.arrival_overdue
    assert shown.told.control_room
    assert [town.rings(each) for each in ("patrol-1", "patrol-2", "operator")] == [1, 1, 1]
    assert town.rings("supervisor") == 0
    (receipt,) = town.receipts("ana")
    assert receipt.stage is Stage.ACCEPTED
    assert "demorada" in receipt.text.es
    assert [fact.reason for fact in town.facts if fact.kind == "escalated"] == ["arrival_overdue"]


def test_it_is_insisted_upon_until_somebody_arrives():
    town, alert = accepted()
    town.after(600 + 2 * 120)
    assert town.rings("operator") == 3
    town.arrive("patrol-1", alert)
    town.after(3_600)
    assert town.rings("operator") == 3
    assert not town.alert(alert).owner.overdue, "it is there"


def test_a_clock_that_slept_insists_once():
    town, _ = accepted()
    town.asleep(3_600)
    assert town.rings("operator") == 1
    town.after(119)
    assert town.rings("operator") == 1
    town.after(1)
    assert town.rings("operator") == 2


def test_a_new_eta_moves_the_deadline():
    town, alert = accepted(eta_s=300)
    town.after(440)
    town.accept("patrol-1", alert, eta_s=300)
    town.after(449)
    assert town.rings("operator") == 0
    town.after(1)
    assert town.rings("operator") == 1


def test_updates_that_were_held_back_are_told_when_the_second_is_over():
    town, _ = accepted()
    for _ in range(20):
        town.press("ana", at=MIDDLE)
    assert town.alerts("patrol-1") == []
    town.after(0.999)
    assert town.alerts("patrol-1") == []
    town.after(0.001)
    (shown,) = town.alerts("patrol-1")
    assert shown.signals_total == 21


def test_an_escalation_carries_what_was_held_back():
    town = Town()
    town.connect("patrol-1", "ana")
    town.press("ana", at=MIDDLE)
    town.after(9.5)
    town.press("ana", at=MIDDLE)
    town.press("ana", at=MIDDLE)
    town.forget_frames()
    town.after(0.5)
    (shown,) = town.alerts("patrol-1")
    assert (shown.signals_total, shown.escalation.rounds) == (3, 1)
    town.after(5)
    assert len(town.alerts("patrol-1")) == 1


def test_nothing_is_due_of_an_alert_that_is_over():
    town, alert = accepted()
    town.press("ana", at=MIDDLE)
    town.close("patrol-1", alert)
    town.forget_frames()
    town.after(10_000)
    assert not any(town.frames.values())


def test_time_passes_over_an_empty_town():
    town = Town()
    town.asleep(10_000)
    assert town.dispatcher.next_deadline_s() is None

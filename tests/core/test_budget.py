from dispatch.core.budget import forget_stages, reach_stage
from dispatch.core.events import Received, Written
from dispatch.core.limits import BUDGET_MS
from protocol.messages import Signal
from protocol.vocabulary import Kind
from tests.core.town import MIDDLE, Town, fix, signal_id


def raised() -> tuple[Town, str]:
    town = Town()
    town.connect("patrol-1", "patrol-2", "ana")
    return town, town.press("ana", at=MIDDLE)


def test_each_stage_carries_its_time():
    town, alert = raised()
    town.after(0.5)
    town.delivered("patrol-1", alert)
    town.after(4)
    town.accept("patrol-1", alert)
    town.after(60)
    town.arrive("patrol-1", alert)
    town.after(60)
    town.close("patrol-1", alert)
    stages = town.alerts("patrol-1")[-1].stages
    at_s = [
        (at_ms - stages.pressed_at_ms) / 1000
        for at_ms in (
            stages.received_at_ms,
            stages.sent_at_ms,
            stages.delivered_at_ms,
            stages.accepted_at_ms,
            stages.arrived_at_ms,
            stages.closed_at_ms,
        )
    ]
    assert at_s == [0, 0, 0.5, 4.5, 64.5, 124.5]
    assert town.alerts("patrol-1")[-1].late == ()


def test_a_stage_that_broke_its_budget_says_so_with_figures():
    town, alert = raised()
    town.after(BUDGET_MS["accepted"] / 1000 + 0.25)
    town.accept("patrol-1", alert)
    (late,) = town.alerts("patrol-1")[-1].late
    assert (late.stage, late.took_ms, late.budget_ms) == ("accepted", 10_250, 10_000)


def test_a_stage_is_reached_once():
    """The second handheld's `delivered`, or a new ETA, does not make the first one late."""
    town, alert = raised()
    town.delivered("patrol-1", alert)
    town.accept("patrol-1", alert, eta_s=60)
    town.after(30)
    town.delivered("patrol-2", alert)
    town.accept("patrol-1", alert, eta_s=90)
    assert town.alert(alert).late == {}
    assert town.alert(alert).stages.accepted_at_ms == town.now.wall_ms - 30_000


def test_a_press_that_travelled_long_is_late_at_its_first_stage():
    town = Town()
    town.connect("patrol-1", "ana")
    now = town.now.wall_ms
    pressed = Signal(signal_id(9), Kind.PANIC, now - 7_000, fix(MIDDLE))
    town.handle(Received("ana", pressed, now - 10))
    (late,) = town.alerts("patrol-1")[-1].late
    assert (late.stage, late.took_ms) == ("received", 6_990)


def test_a_device_whose_clock_runs_ahead_is_not_timed():
    town = Town()
    town.connect("patrol-1", "ana")
    now = town.now.wall_ms
    town.handle(Received("ana", Signal(signal_id(9), Kind.PANIC, now + 60_000), now))
    assert town.alert(signal_id(9)).late == {}


def test_sending_is_timed_when_the_network_has_the_frame():
    town = Town()
    town.connect("patrol-1", "ana")
    town.dispatcher.handle(
        Received("ana", Signal(signal_id(9), Kind.PANIC, None, fix(MIDDLE)), town.now.wall_ms),
        town.now,
    )
    town.after(0.2)
    town.handle(Written(signal_id(9)))
    assert town.alert(signal_id(9)).late == {"sent": 200}
    town.after(1)
    town.handle(Written(signal_id(9)))
    assert town.alert(signal_id(9)).late == {"sent": 200}


def test_stages_that_are_no_longer_true_are_taken_back():
    town, alert_id = raised()
    alert = town.alert(alert_id)
    assert reach_stage(alert, "accepted", town.now.wall_ms + 60_000) == 60_000
    forget_stages(alert, "accepted", "arrived")
    assert alert.stages.accepted_at_ms is None
    assert alert.late == {}
    assert reach_stage(alert, "accepted", town.now.wall_ms + 5_000) == 5_000

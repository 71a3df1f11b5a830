from protocol.vocabulary import Kind
from tests.core.town import MIDDLE, Town


def test_what_is_due_next_is_the_soonest_of_what_time_does():
    town = Town()
    town.connect("patrol-1", "ana")
    alert = town.alert(town.press("ana", at=MIDDLE))
    assert alert.due_s == town.mono_s + 10
    town.press("ana")
    assert alert.due_s == town.mono_s + 1, "its update is held back a second"
    town.accept("patrol-1", alert.alert_id, eta_s=1_000)
    assert alert.due_s == town.mono_s + 1_500
    town.arrive("patrol-1", alert.alert_id)
    assert alert.due_s is None, "whoever is at the place is waited for"


def test_its_quadrants_are_its_own_then_those_reached_then_those_widened_to():
    town = Town()
    town.connect("patrol-1", "ana")
    alert = town.alert(town.press("ana", at=(1_990, 1_500), accuracy_m=50))
    assert alert.quadrants == ("B2", "C2")
    town.after(20)
    assert alert.quadrants[:2] == ("B2", "C2")
    assert set(alert.quadrants[2:]) == {"A1", "A2", "A3", "B1", "B3", "C1", "C3"}


def test_without_a_place_it_is_in_no_quadrant():
    town = Town()
    town.connect("ana")
    alert = town.alert(town.press("ana", kind=Kind.FIRE))
    assert (alert.quadrant, alert.quadrants) == (None, ())
    assert alert.edition == "2024"

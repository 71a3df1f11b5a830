from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.core.locate import Locator
from dispatch.core.registry import EditionActivated
from protocol.limits import NEIGHBOUR_QUADRANTS_MAX, SECONDARY_QUADRANTS_MAX
from protocol.vocabulary import Kind, Reach
from tests.core.town import MIDDLE, PATROLS, Town, squares

AROUND_B2 = {"A1", "A2", "A3", "B1", "B3", "C1", "C2", "C3"}


def told(town, alert):
    it = town.alert(alert)
    return it.reach, set(it.secondary), set(it.neighbours), it.control_room


def test_where_a_patrol_is_on_duty_it_alone_is_called():
    town = Town()
    town.connect("patrol-1", "patrol-east", "operator", "ana")
    alert = town.press("ana", at=MIDDLE)
    assert told(town, alert) == (Reach.ON_DUTY, set(), set(), False)
    assert town.alerts("patrol-1")
    assert not town.alerts("patrol-east")


def test_where_none_is_connected_the_neighbours_and_the_control_room_are_told_at_once():
    town = Town()
    town.connect("patrol-east", "patrol-west", "patrol-far", "operator", "ana")
    alert = town.press("ana", at=MIDDLE)
    assert told(town, alert) == (Reach.NONE_CONNECTED, set(), AROUND_B2, True)
    for device in ("patrol-east", "patrol-west", "patrol-far", "operator"):
        (shown,) = town.alerts(device)
        assert shown.told.reach is Reach.NONE_CONNECTED
        assert shown.told.control_room


def test_a_patrol_that_is_connected_but_off_duty_is_none():
    town = Town()
    town.connect("patrol-1", on_duty=False)
    town.connect("patrol-east", "ana")
    alert = town.press("ana", at=MIDDLE)
    assert town.alert(alert).reach is Reach.NONE_CONNECTED
    assert town.alerts("patrol-1") == []
    assert town.alerts("patrol-east")


def test_a_patrol_on_duty_whose_network_is_gone_is_none():
    town = Town()
    town.connect("patrol-1", "ana")
    town.disconnect("patrol-1")
    assert town.alert(town.press("ana", at=MIDDLE)).reach is Reach.NONE_CONNECTED


def test_outside_every_quadrant_the_control_room_is_called():
    town = Town()
    town.connect("patrol-1", "operator", "ana")
    alert = town.press("ana", at=(20_000, 20_000))
    assert told(town, alert) == (Reach.NO_QUADRANT, set(), set(), True)
    (shown,) = town.alerts("operator")
    assert shown.quadrant is None
    assert shown.place.lat is not None, "the control room sees where it is all the same"


def test_the_quadrants_that_the_accuracy_circle_reaches_are_told_as_secondary():
    town = Town()
    town.connect("patrol-1", "patrol-east", "patrol-west", "ana")
    alert = town.press("ana", at=(1_980, 1_500), accuracy_m=40)
    assert told(town, alert) == (Reach.ON_DUTY, {"C2"}, set(), False)
    assert town.alerts("patrol-1")[0].told.secondary == ("C2",)
    assert town.alerts("patrol-east")
    assert not town.alerts("patrol-west")


def test_a_drill_goes_no_further():
    town = Town()
    town.connect("patrol-east", "patrol-west", "operator", "ana")
    alert = town.press("ana", at=(1_980, 1_500), accuracy_m=40, kind=Kind.TEST)
    assert told(town, alert) == (Reach.NONE_CONNECTED, set(), set(), False)
    assert not town.alerts("patrol-east")
    town.move("ana", to=(20_000, 20_000))
    assert told(town, alert) == (Reach.NO_QUADRANT, set(), {"B2"}, False)
    town.after(55)
    assert town.rings("operator") == 0


def test_an_alert_that_moves_is_told_where_it_goes_and_stays_told_where_it_was():
    town = Town()
    town.connect("patrol-1", "patrol-east", "ana")
    alert = town.press("ana", at=(1_900, 1_500))
    town.after(2)
    town.move("ana", to=(2_200, 1_500))
    shown = town.alerts("patrol-east")[-1]
    assert (shown.alert_id, shown.quadrant.code, shown.quadrant.name) == (
        alert,
        "C2",
        "Cuadrante C2",
    )
    assert shown.told.neighbours == ("B2",)
    assert shown.told.secondary == (), "its circle reaches nobody"
    assert town.alerts("patrol-1")[-1] == shown
    assert town.receipts("ana")[-1].quadrant.code == "C2"


def test_an_alert_that_moves_where_nobody_is_calls_further_unless_somebody_comes():
    town = Town()
    town.connect("patrol-1", "operator", "ana", "beto")
    accepted = town.press("beto", at=(1_100, 1_900))
    town.accept("patrol-1", accepted)
    alone = town.press("ana", at=(1_900, 1_900))
    for device in ("ana", "beto"):
        town.move(device, to=(1_500, 2_500))
    assert town.alert(alone).reach is Reach.NONE_CONNECTED
    assert town.alert(alone).control_room
    assert town.alert(accepted).quadrants == ("B3", "B2")
    assert not town.alert(accepted).control_room


def test_a_circle_that_comes_to_reach_a_border_within_the_quadrant_is_told_over_it():
    town = Town()
    town.connect("patrol-1", "patrol-east", "ana")
    town.press("ana", at=MIDDLE)
    town.after(2)
    town.move("ana", to=(1_985, 1_500), accuracy_m=20)
    assert town.alerts("patrol-east")[-1].told.secondary == ("C2",)


def test_whoever_presses_across_the_street_is_heard_by_their_own_patrol_at_once():
    town = Town()
    town.connect("patrol-1", "patrol-east", "ana", "beto")
    alert = town.press("ana", at=(1_970, 1_500))
    town.press("beto", at=(2_030, 1_500))
    (shown,) = town.alerts("patrol-east")
    assert shown.alert_id == alert
    assert shown.told.neighbours == ("C2",)
    assert shown.reports[0].sender.name == "Beto Díaz"


def test_a_new_edition_does_not_move_what_was_located_in_the_old_one():
    town = Town()
    town.connect("patrol-1", "patrol-west", "ana", "beto")
    alert = town.press("ana", at=(1_200, 1_500))
    town.handle(EditionActivated(Locator(squares("2025", shift_m=500))))
    town.accept("patrol-1", alert)
    assert town.alert(alert).edition == "2024"
    newer = town.press("beto", at=(1_400, 1_500))
    assert (town.alert(newer).edition, town.alert(newer).quadrant) == ("2025", "A2")
    town.move("ana", to=(1_600, 1_500))
    assert (town.alert(alert).edition, town.alert(alert).quadrant) == ("2025", "B2")


journeys = st.lists(st.tuples(st.floats(0, 3_000), st.floats(0, 3_000)), min_size=1, max_size=12)


@given(journeys, st.sets(st.sampled_from(sorted(PATROLS))), st.floats(0, 300))
@settings(max_examples=60)
def test_wherever_it_goes_who_is_told_stays_bounded_and_its_own_quadrant_is_among_them(
    journey, patrols, accuracy_m
):
    town = Town()
    town.connect("operator", "ana", *sorted(patrols))
    start, *rest = journey
    alert = town.alert(town.press("ana", at=start, accuracy_m=accuracy_m))
    for place in rest:
        were_told = alert.quadrants
        town.after(3)
        town.move("ana", to=place, accuracy_m=accuracy_m)
        assert set(were_told) <= set(alert.quadrants), "nine quadrants always fit"
        assert alert.quadrant is not None
        assert len(alert.secondary) <= SECONDARY_QUADRANTS_MAX
        assert len(alert.neighbours) <= NEIGHBOUR_QUADRANTS_MAX

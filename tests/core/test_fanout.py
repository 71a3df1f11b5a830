from hypothesis import given, settings
from hypothesis import strategies as st

from dispatch.core.fanout import audience, called, concerns
from dispatch.core.registry import Device
from protocol.vocabulary import Role
from tests.core.town import MIDDLE, Town


def test_handhelds_come_first_and_the_control_room_watches():
    town = Town()
    town.connect("supervisor", "operator", "patrol-1", "patrol-2", "ana")
    alert = town.alert(town.press("ana", at=MIDDLE))
    assert audience(alert, town.city.presence) == ("patrol-1", "patrol-2", "operator", "supervisor")
    assert called(alert, town.city.presence) == ("patrol-1", "patrol-2")


def test_the_control_room_is_rung_once_it_is_called_and_supervisors_after_it():
    town = Town()
    town.connect("supervisor", "operator", "patrol-1", "ana")
    alert = town.alert(town.press("ana", at=MIDDLE))
    town.after(20)
    assert called(alert, town.city.presence) == ("patrol-1", "operator")
    town.after(20)
    assert called(alert, town.city.presence) == ("patrol-1", "operator", "supervisor")


def test_an_owner_that_was_moved_to_another_quadrant_still_sees_what_it_accepted():
    town = Town()
    town.connect("patrol-1", "patrol-2", "ana")
    alert = town.press("ana", at=MIDDLE)
    town.accept("patrol-1", alert)
    town.handle(Device("patrol-1", Role.PATROL, "Patrol-1", quadrant="A1"))
    town.forget_frames()
    town.press("ana", at=MIDDLE)
    town.after(1)
    assert town.alerts("patrol-1")[-1].owner.quadrant == "A1"
    town.arrive("patrol-1", alert)
    town.close("patrol-1", alert)
    assert not town.alert(alert).is_open


def test_senders_see_receipts_not_alerts():
    town = Town()
    town.connect("patrol-1", "ana", "wall", "gateway", "siren")
    alert = town.alert(town.press("ana", at=MIDDLE))
    for device in ("ana", "wall", "gateway", "siren"):
        assert not concerns(alert, town.city.registry.devices[device])
        assert not town.alerts(device)


codes = st.sampled_from([column + row for column in "ABC" for row in "123"])
handhelds = st.lists(st.tuples(codes, st.booleans(), st.booleans()), max_size=15)
presses = st.lists(
    st.tuples(st.floats(0, 3_000), st.floats(0, 3_000), st.floats(0, 400)), min_size=1, max_size=4
)


@given(handhelds, presses, st.floats(0, 100))
@settings(max_examples=100)
def test_no_patrol_sees_an_alert_that_its_quadrant_was_not_told(handhelds, presses, later_s):
    """The town checks every frame against what the frame itself says (`check_send`)."""
    patrols = [
        Device(f"patrol-{number}", Role.PATROL, "P", quadrant=code)
        for number, (code, _, _) in enumerate(handhelds)
    ]
    people = [Device(f"app-{number}", Role.APP, "App") for number in range(len(presses))]
    town = Town([*patrols, *people])
    for device, (_, is_here, on_duty) in zip(patrols, handhelds, strict=True):
        if is_here:
            town.connect(device.device_id, on_duty=on_duty)
    for person, (east, north, accuracy_m) in zip(people, presses, strict=True):
        alert_id = town.press(person.device_id, at=(east, north), accuracy_m=accuracy_m)
        own = [
            device.device_id
            for device, (code, is_here, on_duty) in zip(patrols, handhelds, strict=True)
            if is_here
            and on_duty
            and alert_id in town.city.board.alerts
            and code == town.alert(alert_id).quadrant
        ]
        assert all(town.alerts(device) for device in own), "its own patrols see it at once"
    town.after(later_s)
    for device, (_, is_here, on_duty) in zip(patrols, handhelds, strict=True):
        if not (is_here and on_duty):
            assert not town.alerts(device.device_id)

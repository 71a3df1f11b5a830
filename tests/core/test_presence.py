from dataclasses import replace

from dispatch.core.presence import Presence
from dispatch.core.registry import Device
from protocol.vocabulary import Role

PATROL = Device("patrol", Role.PATROL, "Patrulla", quadrant="B2")
OPERATOR = Device("operator", Role.OPERATOR, "Sala")
SUPERVISOR = Device("supervisor", Role.SUPERVISOR, "Jefe")


def test_only_who_is_connected_and_on_duty_can_be_called():
    presence = Presence()
    presence.arrive(PATROL, 1)
    assert not presence.is_here("patrol")
    assert presence.set_duty(PATROL, True)
    assert presence.is_here("patrol")
    assert presence.patrols("B2") == ("patrol",)
    presence.leave(PATROL)
    assert presence.is_on_duty("patrol"), "duty outlives a connection"
    assert not presence.is_here("patrol")
    assert not presence.has_patrol("B2")
    presence.arrive(PATROL, 2)
    assert presence.has_patrol("B2")


def test_duty_changes_once():
    presence = Presence()
    assert not presence.set_duty(PATROL, False)
    assert presence.set_duty(PATROL, True)
    assert not presence.set_duty(PATROL, True)
    assert presence.set_duty(PATROL, False)


def test_an_arrival_says_which_session_it_replaces():
    presence = Presence()
    assert presence.arrive(PATROL, 1) is None
    assert presence.arrive(PATROL, 2) == 1
    assert presence.session_of == {"patrol": 2}


def test_the_control_room_is_known_by_role_in_order_of_arrival():
    presence = Presence()
    for number, device in enumerate((OPERATOR, replace(OPERATOR, device_id="two"), SUPERVISOR)):
        presence.set_duty(device, True)
        presence.arrive(device, number)
    assert presence.operators() == ("operator", "two")
    assert presence.supervisors() == ("supervisor",)
    presence.set_duty(OPERATOR, False)
    assert presence.operators() == ("two",)
    assert presence.patrols_on_call() == 0


def test_a_patrol_that_is_moved_is_called_for_its_new_quadrant():
    presence = Presence()
    presence.set_duty(PATROL, True)
    presence.arrive(PATROL, 1)
    moved = replace(PATROL, quadrant="C3")
    presence.changed(PATROL, moved)
    assert (presence.patrols("B2"), presence.patrols("C3")) == ((), ("patrol",))
    assert presence.patrols_on_call() == 1
    presence.leave(moved)
    assert vars(presence) | {"_on_duty": set()} == vars(Presence())


def test_whoever_only_presses_is_never_on_call():
    presence = Presence()
    app = Device("ana", Role.APP, "Ana")
    presence.arrive(app, 1)
    presence.set_duty(app, True)
    assert presence.patrols_on_call() == 0
    assert presence.operators() == presence.supervisors() == ()

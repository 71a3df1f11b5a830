"""Whom a message is for, and that what is shown and kept of it is the same."""

from dispatch.core.message_view import fronts_of, members, message_view, reach_view, record
from dispatch.core.registry import Device, Front, Removed
from protocol.vocabulary import Role
from tests.core.town import FRONT, Town, residents


def test_members_are_who_can_show_it_each_once():
    devices = [
        Device("carla-2", Role.APP, "Tableta", person_id="carla"),
        Device("panel-1", Role.BUTTON, "Panel 1", front_id="frente-1", gateway_id="gateway"),
        Device("gone", Role.APP, "Perdido", front_id="frente-1", revoked=True),
    ]
    city = Town([*residents(), *devices]).city
    assert list(members(city, "frente-1")) == ["carla", "wall", "carla-2"]
    assert list(members(city, "nowhere")) == []


def test_a_device_hears_of_its_own_front_and_of_those_that_its_person_coordinates():
    others = [Front(f"frente-{n}", f"Frente {n}", coordinator_id="carla") for n in (2, 3)]
    city = Town([*residents(), *others]).city
    devices = city.registry.devices
    assert list(fronts_of(city, devices["carla"])) == ["frente-1", "frente-2", "frente-3"]
    assert list(fronts_of(city, devices["wall"])) == ["frente-1"]
    for other in ("ana", "siren", "camera", "operator", "patrol-1"):
        assert list(fronts_of(city, devices[other])) == []


def test_what_is_shown_and_what_is_kept_agree():
    town = Town()
    town.connect("operator", "carla")
    message = town.city.messages.messages[town.tell_front("operator")]
    shown, reach = message_view(town.city, message), reach_view(town.city, message)
    kept = record(town.city, message)
    assert (shown.front, shown.body, shown.by) == (FRONT.name, kept.body, kept.by)
    assert (shown.message_id, shown.until_ms) == (kept.message_id, kept.until_ms)
    assert (reach.members, reach.sent_to, reach.shown_by) == (2, 1, 0)
    assert (kept.members, kept.sent_to, kept.shown_by) == (2, 1, 0)


def test_a_front_that_was_removed_has_only_its_id_for_a_name():
    town = Town()
    town.connect("operator")
    message = town.city.messages.messages[town.tell_front("operator")]
    town.handle(Removed(Front, FRONT.front_id))
    assert message_view(town.city, message).front == FRONT.front_id

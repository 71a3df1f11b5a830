from dataclasses import replace

from dispatch.core.limits import HEARTBEAT_S
from dispatch.core.locate import Locator
from dispatch.core.registry import (
    Device,
    EditionActivated,
    Front,
    Person,
    Registry,
    Removed,
    heartbeat_s,
)
from protocol.vocabulary import Role
from tests.core.town import LOCATOR, squares

DEVICE = Device("ana", Role.APP, "Ana", code_hash=b"c" * 32, token_hash=b"t" * 32)


def test_what_is_applied_is_found_and_what_is_removed_is_not():
    registry = Registry(LOCATOR, [Person("p", "Paz"), Front("f", "Frente"), DEVICE])
    assert (registry.people["p"].name, registry.fronts["f"].name) == ("Paz", "Frente")
    for thing, name in ((Person, "p"), (Front, "f"), (Device, "ana")):
        registry.apply(Removed(thing, name))
        registry.apply(Removed(thing, name))
    assert registry.people == registry.fronts == registry.devices == {}
    assert registry.by_code_hash(b"c" * 32) is None


def test_a_code_finds_its_device_until_it_changes():
    registry = Registry(LOCATOR, [DEVICE])
    assert registry.by_code_hash(b"c" * 32) == DEVICE
    registry.apply(replace(DEVICE, code_hash=b"n" * 32))
    assert registry.by_code_hash(b"c" * 32) is None
    assert registry.by_code_hash(b"n" * 32) == replace(DEVICE, code_hash=b"n" * 32)
    registry.apply(replace(DEVICE, code_hash=None))
    assert registry.by_code_hash(b"n" * 32) is None


def test_another_device_may_get_a_code_that_was_taken_back():
    registry = Registry(LOCATOR, [DEVICE])
    registry.apply(replace(DEVICE, code_hash=None))
    registry.apply(replace(DEVICE, device_id="beto"))
    assert registry.by_code_hash(b"c" * 32).device_id == "beto"


def test_an_edition_is_in_force_at_once():
    registry = Registry(LOCATOR)
    newer = Locator(squares("2025"))
    registry.apply(EditionActivated(newer))
    assert registry.locator is newer


def test_secrets_are_not_printed():
    assert "tttt" not in repr(DEVICE)
    assert "cccc" not in repr(DEVICE)


def test_devices_are_found_by_their_front_and_their_gateway_until_they_leave_it():
    siren = Device("siren", Role.SIREN, "Sirena", front_id="f", gateway_id="g")
    registry = Registry(LOCATOR, [siren, replace(siren, device_id="other")])
    assert list(registry.of_front("f", Role.SIREN)) == ["siren", "other"]
    assert list(registry.behind("g")) == ["siren", "other"]
    assert list(registry.of_front("f", Role.CAMERA)) == []
    registry.apply(replace(siren, front_id="f-2", gateway_id=None))
    registry.apply(replace(siren, device_id="other", revoked=True))
    assert list(registry.of_front("f", Role.SIREN)) == list(registry.behind("g")) == []
    assert list(registry.of_front("f-2", Role.SIREN)) == ["siren"]
    registry.apply(Removed(Device, "siren"))
    assert list(registry.of_front("f-2", Role.SIREN)) == []


def test_a_device_is_heard_from_as_often_as_the_registry_or_its_role_says():
    assert heartbeat_s(DEVICE) == HEARTBEAT_S[Role.APP]
    assert heartbeat_s(replace(DEVICE, heartbeat_s=7)) == 7

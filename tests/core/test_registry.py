from dataclasses import replace

from dispatch.core.locate import Locator
from dispatch.core.registry import Device, EditionActivated, Front, Person, Registry, Removed
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

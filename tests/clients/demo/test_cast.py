from pathlib import Path

import pytest

from clients.demo import cast
from clients.demo.beats import Beat, read_beats
from clients.demo.city import sample_city
from dispatch.store.import_registry import read_registry
from protocol.vocabulary import Role


@pytest.fixture
def beats(tmp_path: Path) -> list[Beat]:
    path = tmp_path / "city.geojson"
    path.write_bytes(sample_city())
    return read_beats(path, "PCUNCUADRA", "PCUDESCRIP")


def test_the_server_takes_the_file(beats: list[Beat], tmp_path: Path) -> None:
    registry = cast.cast(beats, cast.Size())
    path = tmp_path / "registry.json"
    cast.write(registry, path)
    taken = read_registry(path)
    people = {person.person_id for person in taken.people}
    fronts = {front.front_id for front in taken.fronts}
    assert all(front.coordinator_id in people for front in taken.fronts)
    assert all(device.person_id in people for device in taken.devices if device.person_id)
    assert all(device.front_id in fronts for device in taken.devices if device.front_id)
    assert cast.read(path) == registry


def test_there_are_as_many_as_were_asked_for(beats: list[Beat]) -> None:
    registry = cast.cast(beats, cast.Size())
    simulated = [each for each in registry.devices if each.device_id not in cast.NOT_SIMULATED]
    patrols = [each for each in simulated if each.role is Role.PATROL]
    assert len(patrols) == 150
    assert len({device.quadrant for device in patrols}) == 60
    assert len([each for each in simulated if each.role is Role.APP]) == 100
    fronts = registry.fronts[:-1]  # the last is the visitors'
    assert len(registry.of(Role.BUTTON)) == len(fronts) == 40
    assert len(registry.of(Role.OPERATOR)) == 2
    assert len(registry.of(Role.SUPERVISOR)) == 1
    assert len({front.barrio for front in fronts}) == 40
    assert all((f.sirens, f.cameras, f.buttons) == (1, 4, 1) for f in fronts)


def test_without_a_number_every_quadrant_is_staffed(beats: list[Beat]) -> None:
    registry = cast.cast(beats, cast.Size(staffed=None, handhelds=240))
    assert {device.quadrant for device in registry.of(Role.PATROL)} == {b.code for b in beats}


def test_the_same_seed_casts_the_same(beats: list[Beat]) -> None:
    assert cast.cast(beats, cast.Size(), 5) == cast.cast(beats, cast.Size(), 5)
    assert cast.cast(beats, cast.Size(), 5) != cast.cast(beats, cast.Size(), 6)

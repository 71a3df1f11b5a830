import json
from pathlib import Path

import pytest

from clients.demo import cast
from clients.demo.beats import BadQuadrants
from clients.demo.options import parse
from clients.demo.set_up import edition_of, forget_if_gone, keep_codes, prepare
from dispatch.store.quadrant_file import read_quadrants
from link import private_file
from protocol.limits import CODE_CHARS
from protocol.vocabulary import Role


def test_the_same_file_is_the_same_edition_and_another_is_another(tmp_path: Path) -> None:
    path = tmp_path / "a very long name of quadrants, 2024 (final).geojson"
    path.write_text("1")
    first = edition_of(path)
    assert edition_of(path) == first
    assert len(first) <= CODE_CHARS
    path.write_text("2")
    assert edition_of(path) != first


def test_codes_of_earlier_runs_are_kept_beside_the_new_ones(tmp_path: Path) -> None:
    path, fresh = tmp_path / "codes.json", tmp_path / "new.json"
    path.write_text('{"a": "1", "b": "1"}')
    fresh.write_text('{"b": "2", "c": "2"}')
    keep_codes(path, fresh)
    assert json.loads(path.read_bytes()) == {"a": "1", "b": "2", "c": "2"}
    assert private_file.is_private(path)
    assert not fresh.exists()


@pytest.mark.parametrize("has_data", [False, True])
def test_tokens_of_a_database_that_is_gone_are_forgotten(tmp_path: Path, has_data: bool) -> None:
    kept = [tmp_path / "credentials-members.jsonl", tmp_path / "codes.json"]
    for path in kept:
        path.touch()
    if has_data:
        (tmp_path / "data").mkdir()
    forget_if_gone(tmp_path)
    assert [path.exists() for path in kept] == [has_data] * 2


def test_the_sample_city_passes_the_servers_import_clean(tmp_path: Path) -> None:
    said: list[str] = []
    options = parse(["--dir", str(tmp_path)])
    ground = prepare(options, said.append)
    fields = {f"{name}_field": field for name, field in options.fields.items()}
    read = read_quadrants(ground.path, edition=ground.edition, **fields)
    assert len(read.edition.quadrants) == len(ground.beats) == 120
    report = read.report.as_dict()
    assert not report["repairs"]
    assert not report["overlaps"]
    patrols = cast.read(tmp_path / "registry.json").of(Role.PATROL)
    codes = {quadrant.code for quadrant in read.edition.quadrants}
    assert all(patrol.quadrant in codes for patrol in patrols)
    assert any("120" in line for line in said)


def test_a_file_without_the_field_is_refused(tmp_path: Path) -> None:
    city = tmp_path / "city"
    city.mkdir()
    prepare(parse(["--dir", str(city)]), lambda _: None)
    arguments = ["--quadrants", str(city / "city.geojson"), "--code-field", "NO"]
    with pytest.raises(BadQuadrants, match="NO"):
        prepare(parse(["--dir", str(tmp_path), *arguments]), lambda _: None)

"""Files that are brought into the registry: whole, or not at all."""

import json
from pathlib import Path

import pytest

from dispatch.supervise.exit_codes import ExitCode
from tests.commands.running import Run

FIELDS = ("--edition", "e-1", "--code-field", "CODE", "--name-field", "NAME")


def quadrants_file(path: Path, *codes: str) -> Path:
    """Squares of a hundredth of a degree, side by side."""
    features = [
        {
            "type": "Feature",
            "properties": {"CODE": code, "NAME": f"Cuadrante {code}"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [
                        [-74.11 + 0.01 * (at + dx), 4.60 + 0.01 * dy]
                        for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))
                    ]
                ],
            },
        }
        for at, code in enumerate(codes)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


@pytest.mark.parametrize("kind", ["quadrants", "registry"])
def test_a_file_that_is_not_there_is_said(kind: str, run: Run) -> None:
    options = FIELDS if kind == "quadrants" else ()
    said = run("import", kind, "none.json", *options, exits=ExitCode.USAGE).stderr
    assert "'none.json' does not exist" in said


@pytest.mark.parametrize("content", ["", "{", "[]", '{"type":"FeatureCollection"}', "\xff"])
@pytest.mark.parametrize("kind", ["quadrants", "registry"])
def test_a_file_of_something_else_is_said(
    kind: str, content: str, ask: Run, tmp_path: Path
) -> None:
    path = tmp_path / "file.json"
    path.write_text(content, encoding="latin-1")
    options = FIELDS if kind == "quadrants" else ()
    said = ask("import", kind, str(path), *options, exits=ExitCode.FAILED).stderr
    assert said.startswith("cuadrante: ")
    assert "file.json" in said


def test_a_field_that_is_not_there_is_said(ask: Run, tmp_path: Path) -> None:
    path = quadrants_file(tmp_path / "q.geojson", "Q-1")
    wrong = ("--edition", "e-1", "--code-field", "KODE", "--name-field", "NAME")
    assert "KODE" in ask("import", "quadrants", str(path), *wrong, exits=ExitCode.FAILED).stderr


def test_quadrants_are_reported_then_imported_then_known(ask: Run, tmp_path: Path) -> None:
    path = quadrants_file(tmp_path / "q.geojson", "Q-1", "Q-2")
    dry = json.loads(ask("import", "quadrants", str(path), *FIELDS, "--dry-run", "--json").stdout)
    assert dry.keys() == {"file", "import"}
    done = json.loads(ask("import", "quadrants", str(path), *FIELDS, "--json").stdout)
    assert done["import"].keys() == dry["import"].keys()
    assert done["file"] == dry["file"]
    said = ask("import", "quadrants", str(path), *FIELDS).stdout
    assert "e-1" in said
    changed = quadrants_file(tmp_path / "other.geojson", "Q-1", "Q-3")
    said = ask("import", "quadrants", str(changed), *FIELDS, exits=ExitCode.FAILED).stderr
    assert "e-1" in said


def test_a_registry_is_imported_whole_or_not_at_all(ask: Run, tmp_path: Path) -> None:
    path = tmp_path / "registry.json"
    ana = {"device_id": "ana", "role": "app", "name": "Ana"}
    path.write_text(json.dumps({"devices": [ana, {**ana, "device_id": "b", "front_id": "f-9"}]}))
    assert "f-9" in ask("import", "registry", str(path), exits=ExitCode.FAILED).stderr
    assert json.loads(ask("devices", "--json").stdout) == []
    path.write_text(json.dumps({"devices": [ana]}))
    assert json.loads(ask("import", "registry", str(path), "--json").stdout)["devices"] == {
        "items": 1,
        "changed": 1,
    }
    assert "devices: 1, 0 new or changed" in ask("import", "registry", str(path)).stdout


def test_wiring_needs_a_secret_that_is_one(ask: Run, tmp_path: Path) -> None:
    file = tmp_path / "registry.json"
    file.write_text("{}")
    ask("import", "registry", str(file))
    (tmp_path / "var" / "secret").chmod(0o644)
    said = ask("import", "registry", str(file), exits=ExitCode.CONFIGURATION).stderr
    assert "chmod 600" in said

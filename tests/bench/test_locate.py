import json
from pathlib import Path

import pytest

from bench.locate import made_up_edition, main, spread_points

CITY = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"CODE": "A"},
            "geometry": {
                "type": "Polygon",
                "coordinates": [
                    [[-75, 10], [-74.99, 10], [-74.99, 10.01], [-75, 10.01], [-75, 10]]
                ],
            },
        }
    ],
}


def test_figures_of_a_file_and_its_points(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    city, points = tmp_path / "city.geojson", tmp_path / "points.csv"
    city.write_text(json.dumps(CITY))
    points.write_text("id,lat,lon\n1,10.005,-74.995\n2,10.0001,-74.995\n")
    options = [str(city), "--code-field", "CODE", "--points", str(points)]
    assert main([*options, "--json", "-"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["quadrants"] == 1
    assert {(row["band"], row["points"]) for row in figures["lookups"]} == {
        ("away from borders", 1),
        ("at borders", 1),
    }
    assert main([*options, "--json", str(tmp_path / "figures.json")]) == 0
    assert "away from borders" in capsys.readouterr().out
    assert json.loads((tmp_path / "figures.json").read_text())["quadrants"] == 1


def test_a_file_that_cannot_be_read_is_told(capsys: pytest.CaptureFixture[str]):
    assert main(["nowhere.geojson"]) == 1
    assert "nowhere.geojson" in capsys.readouterr().err


def test_the_made_up_city_is_the_same_each_time_and_holds_its_points():
    edition = made_up_edition(12)
    assert [q.polygon for q in edition.quadrants] == [
        q.polygon for q in made_up_edition(12).quadrants
    ]
    points = spread_points(edition, 24)
    assert points == spread_points(edition, 24)
    assert len(points) == 24

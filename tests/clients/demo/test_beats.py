# ruff: noqa: S311 - seeded draws, no secrets
from pathlib import Path
from random import Random

import orjson
import pytest
import shapely

from clients.demo.beats import BadQuadrants, away_m, downtown_first, moved, read_beats
from clients.demo.city import sample_city


@pytest.fixture
def city(tmp_path: Path) -> Path:
    path = tmp_path / "city.geojson"
    path.write_bytes(sample_city())
    return path


def test_places_drawn_in_a_quadrant_lie_in_it(city: Path) -> None:
    draw = Random(1)
    for beat in read_beats(city, "PCUNCUADRA", "PCUDESCRIP"):
        lat, lon = beat.somewhere(draw)
        assert shapely.intersects_xy(beat.area, lon, lat)
        lat, lon = beat.centre
        assert shapely.intersects_xy(beat.area, lon, lat)


def test_downtown_comes_first(city: Path) -> None:
    beats = downtown_first(read_beats(city, "PCUNCUADRA", "PCUDESCRIP"))
    first, last = beats[0].centre, beats[-1].centre
    assert away_m(*first, 10.62, -75.02) < 1_500 < away_m(*last, 10.62, -75.02)


def test_codes_are_cleaned_and_each_is_read_once(tmp_path: Path) -> None:
    square = shapely.box(0, 0, 1, 1).__geo_interface__
    rows = [{"properties": {"C": code, "N": "x"}, "geometry": square} for code in ("A\r\n", "A")]
    path = tmp_path / "two.geojson"
    path.write_bytes(orjson.dumps({"features": rows}))
    assert [beat.code for beat in read_beats(path, "C", "N")] == ["A"]


def test_a_wrong_field_is_refused_with_the_flag_to_use(city: Path) -> None:
    with pytest.raises(BadQuadrants, match="--code-field"):
        read_beats(city, "CODIGO", "PCUDESCRIP")


@pytest.mark.parametrize("text", ["", "[]", '{"features": []}', '{"features": [1]}'])
def test_what_is_no_quadrant_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.geojson"
    path.write_text(text)
    with pytest.raises(BadQuadrants):
        read_beats(path, "C", "N")


def test_moving_and_measuring_agree() -> None:
    lat, lon = moved(4.65, -74.1, 30.0, -40.0)
    assert away_m(4.65, -74.1, lat, lon) == pytest.approx(50.0, rel=1e-3)

import re

import numpy as np
import orjson
import pytest
import shapely

from clients.demo.city import M_PER_DEG, QUADRANTS, sample_city


def polygons(city: bytes) -> np.ndarray:
    features = orjson.loads(city)["features"]
    shapes = [shapely.from_geojson(orjson.dumps(feature["geometry"])) for feature in features]
    return np.array(shapes, dtype=object)


def test_the_same_seed_draws_the_same_bytes() -> None:
    assert sample_city(7) == sample_city(7)
    assert sample_city(7) != sample_city(8)


@pytest.mark.parametrize("seed", range(1, 7))
def test_quadrants_are_valid_and_share_their_borders(seed: int) -> None:
    shapes = polygons(sample_city(seed))
    assert len(shapes) == QUADRANTS
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes), "neighbours overlap, or miss each other by a hair"


@pytest.mark.parametrize("seed", range(1, 7))
def test_it_has_what_real_files_have(seed: int) -> None:
    shapes = polygons(sample_city(seed))
    parts = shapely.get_parts(shapes)
    assert sum(shape.geom_type == "MultiPolygon" for shape in shapes) == 1
    assert sum(len(part.interiors) for part in parts) == 1
    # The river parts the city: two banks, and the island.
    assert len(shapely.get_parts(shapely.union_all(shapes))) == 3


def test_quadrants_are_as_large_as_real_ones() -> None:
    shapes = polygons(sample_city())
    km2 = shapely.area(shapes) * (M_PER_DEG / 1000) ** 2 * np.cos(np.radians(10.6))
    assert 0.3 < np.median(km2) < 1.5
    assert km2.min() > 0.1
    assert km2.max() < 3


def test_codes_have_the_form_of_the_field_and_are_all_different() -> None:
    properties = [each["properties"] for each in orjson.loads(sample_city())["features"]]
    codes = [each["PCUNCUADRA"] for each in properties]
    assert len(set(codes)) == QUADRANTS
    for code in codes:
        assert re.fullmatch(r"MEDEMMNVCCCC\d\dE\d\dC\d\d\d{6}".replace("CCCC", "CCC"), code), code
        assert len(code) == 25
    assert len({each["PCUNOMEST"] for each in properties}) == 6
    assert all(re.fullmatch(r"\+57000000\d{4}", each["PCUTELEFON"]) for each in properties)

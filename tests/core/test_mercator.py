import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from dispatch.core.mercator import (
    areas_m2,
    project,
    project_geometries,
    project_lines,
    project_points,
    scale,
    scales,
)

# Lengths of one degree on WGS 84, from the ellipsoid's radii of curvature (NGA.STND.0036, 2014):
# latitude, metres a degree of latitude, metres a degree of longitude.
DEGREES = [(0.0, 110_574.3, 111_319.5), (15.0, 110_649.0, 107_550.5), (45.0, 111_131.8, 78_846.8)]


@pytest.mark.parametrize(("lat", "north_m", "east_m"), DEGREES)
def test_a_short_way_has_its_length_on_the_ground(lat: float, north_m: float, east_m: float):
    step = 0.001
    x, y = project(lat, -75.0)
    _, north = project(lat + step, -75.0)
    east, _ = project(lat, -75.0 + step)
    assert (north - y) * scale(lat) / step == pytest.approx(north_m, rel=5e-5)
    assert (east - x) * scale(lat) / step == pytest.approx(east_m, rel=5e-5)


@given(st.floats(-89, 89), st.floats(-180, 180))
def test_many_points_project_as_one_does(lat: float, lon: float):
    assert project_points(np.array([[lon, lat]]))[0] == pytest.approx(project(lat, lon), abs=1e-6)
    assert scales(np.array([lat]))[0] == pytest.approx(scale(lat))


def test_the_middle_of_a_long_edge_stays_where_it_is():
    line = shapely.LineString([(-75.0, 10.0), (-74.0, 11.0)])
    middle = shapely.Point(project(10.5, -74.5))
    loose = shapely.distance(project_geometries(np.array([line])), middle)[0]
    close = shapely.distance(project_lines(np.array([line])), middle)[0]
    assert loose > 10.0
    assert close < 0.02


def test_areas_are_those_on_the_ground():
    step = 0.01
    box = shapely.box(-75.0, 15.0 - step / 2, -75.0 + step, 15.0 + step / 2)
    _, north_m, east_m = DEGREES[1]
    areas = areas_m2(np.array([box, shapely.Polygon()]))
    assert areas[0] == pytest.approx(north_m * east_m * step**2, rel=1e-4)
    assert areas[1] == 0.0
    assert not math.isnan(areas.sum())

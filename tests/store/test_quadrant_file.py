import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely

from dispatch.store import quadrant_file
from dispatch.store.quadrant_file import QuadrantFile, QuadrantFileError, read_quadrants

DATA = Path(__file__).parents[3] / "shared/data"
real = pytest.mark.skipif(not DATA.exists(), reason="needs the real polygons in ../shared/data")

Read = Callable[..., QuadrantFile]


def ring(west: float, south: float, size: float = 1.0, base: tuple[float, float] = (-75, 10)):
    """A square in thousandths of a degree from `base`, counter-clockwise."""
    lon, lat = base
    corners = [(0, 0), (size, 0), (size, size), (0, size), (0, 0)]
    return [[lon + (west + x) / 1000, lat + (south + y) / 1000] for x, y in corners]


def feature(code: Any, *rings: Any, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"CODE": code, "NAME": f"Cuadrante {code}"} | properties,
        "geometry": {"type": "Polygon", "coordinates": list(rings or [ring(0, 0)])},
    }


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Read features as a file, with the usual fields unless others are named."""

    def reader(*features: Any, document: Any = None, raw: bytes | None = None, **fields: Any):
        path = tmp_path / "city.geojson"
        collection = {"type": "FeatureCollection", "features": list(features)} | (document or {})
        path.write_bytes(json.dumps(collection).encode() if raw is None else raw)
        fields = {"edition": "2024", "code_field": "CODE", "name_field": "NAME"} | fields
        return read_quadrants(path, **fields)

    return reader


def faults(read: Read, *features: Any, **how: Any) -> list[tuple[int | None, str | None, str]]:
    with pytest.raises(QuadrantFileError) as caught:
        read(*features, **how)
    assert all(fault.remedy for fault in caught.value.faults)
    return [(fault.feature, fault.field, fault.problem) for fault in caught.value.faults]


# --- what is read -------------------------------------------------------------------------------


def test_every_field_of_a_quadrant(read: Read):
    found = read(
        feature("01", NAME="Cuadrante 1", ST="E19", CAI="Vista Hermosa", TEL=3001234567),
        station_field="ST",
        cai_field="CAI",
        phone_field="TEL",
    )
    (quadrant,) = found.edition.quadrants
    assert found.edition.id == found.report.edition == "2024"
    assert (quadrant.code, quadrant.name) == ("01", "Cuadrante 1")
    assert (quadrant.station, quadrant.cai) == ("E19", "Vista Hermosa")
    assert quadrant.phone == "3001234567"
    assert quadrant.polygon.equals(shapely.Polygon(ring(0, 0)))


def test_polygons_and_multipolygons_of_either_orientation_with_holes_and_heights(read: Read):
    hole = ring(1, 1)
    several = feature("B")
    several["geometry"] = {
        "type": "MultiPolygon",
        "coordinates": [[ring(10, 0)[::-1]], [[[*corner, 2_600] for corner in ring(12, 0)]]],
    }
    one, other = read(feature("A", ring(0, 0, 3), hole), several).edition.quadrants
    assert len(one.polygon.interiors) == 1
    assert len(other.polygon.geoms) == 2
    assert not other.polygon.has_z


def test_a_code_may_be_made_of_several_fields(read: Read):
    found = read(
        feature("001", ST="E01"),
        feature("001", ring(1, 0), ST="E02"),
        code_field="ST, CODE",
    )
    assert list(found.edition.by_code) == ["E01-001", "E02-001"]


@pytest.mark.parametrize(
    "name",
    [
        "EPSG:4326",
        "urn:ogc:def:crs:OGC:1.3:CRS84",
        "urn:ogc:def:crs:EPSG::4686",
        "http://www.opengis.net/def/crs/EPSG/0/4326",
    ],
)
def test_reference_systems_in_degrees(read: Read, name: str):
    crs = {"crs": {"type": "name", "properties": {"name": name}}}
    assert read(feature("A"), document=crs).report.crs in {"EPSG:4326", "EPSG:4686", "CRS84"}


def test_a_file_may_begin_with_a_byte_order_mark(read: Read):
    document = {"type": "FeatureCollection", "features": [feature("A")]}
    raw = b"\xef\xbb\xbf" + json.dumps(document).encode()
    assert read(raw=raw).report.quadrants == 1


# --- what is cleaned ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("A1\r\n", "A1"),
        ("\ufeffA1", "A1"),
        ("  A 1\t", "A 1"),
        ("A\u00a0 1", "A 1"),
        ("A\u200b1", "A1"),
        ("0012", "0012"),
    ],
)
def test_codes_are_cleaned_and_kept_as_text(read: Read, written: str, code: str):
    found = read(feature(written))
    assert list(found.edition.by_code) == [code]
    assert [cleaned.before for cleaned in found.report.cleaned] == [written] * (written != code)


def test_a_numeric_code_is_taken_with_a_warning(read: Read):
    found = read(feature(7), feature("08", ring(1, 0)))
    assert list(found.edition.by_code) == ["08", "7"]
    assert "1 codes are JSON numbers: leading zeros may be lost" in found.report.warnings[0]


def test_a_quadrant_without_a_name_goes_by_its_code(read: Read):
    found = read(feature("A", NAME=None))
    assert found.edition.by_code["A"].name == "A"
    assert found.report.warnings == ("1 quadrants have no name and go by their code",)


def test_an_invalid_ring_is_repaired_and_told(read: Read):
    bow_tie = [[-75, 10], [-74.999, 10.001], [-74.999, 10], [-75, 10.001], [-75, 10]]
    found = read(feature("A", bow_tie))
    (repair,) = found.report.repairs
    assert found.edition.by_code["A"].polygon.is_valid
    assert (repair.feature, repair.code) == (0, "A")
    assert repair.reason.startswith("Self-intersection")
    assert repair.area_m2 == pytest.approx(110_600 * 109_640 * 1e-6 / 2, rel=0.01)


def test_a_shell_drawn_within_its_shell_stays_ground_of_the_quadrant(read: Read):
    nested = feature("A")
    nested["geometry"] = {
        "type": "MultiPolygon",
        "coordinates": [[ring(0, 0, 4)], [ring(1, 1)]],
    }
    found = read(nested)
    (repair,) = found.report.repairs
    assert found.edition.by_code["A"].polygon.covers(shapely.Point(-74.9985, 10.0015))
    assert repair.area_before_m2 / repair.area_m2 == pytest.approx(17 / 16)


def test_the_same_code_on_the_same_polygon_is_merged(read: Read):
    turned = ring(0, 0)[2:] + ring(0, 0)[1:3]
    found = read(feature("A", TEL="1"), feature("A\n", turned, TEL="2"), phone_field="TEL")
    (merged,) = found.report.merged
    assert (merged.feature, merged.into_feature, merged.code) == (1, 0, "A")
    assert merged.differing == ("phone",)
    assert found.edition.by_code["A"].phone == "1"


def test_one_polygon_under_two_codes_is_told(read: Read):
    found = read(feature("A"), feature("B", ring(0, 0)[::-1]), feature("C", ring(1, 0)))
    (same,) = found.report.same_place
    assert (same.codes, same.features) == (("A", "B"), (0, 1))
    assert found.report.overlaps[0].codes == ("A", "B")


def test_gaps_are_told(read: Read):
    found = read(feature("A", ring(0, 0, 3), ring(1, 1)))
    assert [gap.codes for gap in found.report.gaps] == [("A",)]


# --- what is refused ----------------------------------------------------------------------------


def test_every_fault_is_told_at_once(read: Read):
    point = feature("P") | {"geometry": {"type": "Point", "coordinates": [0, 0]}}
    nameless = feature("N", ring(5, 0))
    del nameless["properties"]["NAME"]
    assert faults(
        read, feature(" \r\n"), point, nameless, feature("A", ring(9, 0)), feature("A", ring(0, 9))
    ) == [
        (0, "CODE", "the code is empty"),
        (1, "geometry", "it is a Point, not a Polygon or MultiPolygon"),
        (2, "NAME", "it is missing here"),
        (4, "CODE", "code A is that of feature 3 too, with another polygon"),
    ]


def test_a_field_that_no_feature_has_is_one_fault_that_names_those_that_exist(read: Read):
    with pytest.raises(QuadrantFileError) as caught:
        read(feature("A"), feature("B", ring(1, 0)), station_field="STATION")
    (fault,) = caught.value.faults
    assert (fault.feature, fault.field) == (None, "STATION")
    assert fault.remedy == "fields are: CODE, NAME"


def test_the_same_fault_of_many_features_is_one_line(read: Read):
    with pytest.raises(QuadrantFileError) as caught:
        read(*(feature(None, ring(n, 0)) for n in range(40)))
    assert len(caught.value.faults) == 40
    assert str(caught.value).splitlines()[1:] == [
        "  feature 0, field CODE: the code is empty; give it one or remove the feature"
        " (and 39 features more)"
    ]


@pytest.mark.parametrize("name", ["EPSG:3116", "urn:ogc:def:crs:EPSG::9377", "urn:ogc:def:crs:X"])
def test_other_reference_systems_are_refused_with_what_to_do(read: Read, name: str):
    crs = {"crs": {"type": "name", "properties": {"name": name}}}
    with pytest.raises(QuadrantFileError, match="ogr2ogr -t_srs EPSG:4326") as caught:
        read(feature("A"), document=crs)
    assert name in str(caught.value)


@pytest.mark.parametrize("crs", ["EPSG:3116", {"type": "link"}, {"properties": None}, 7])
def test_a_crs_that_is_not_understood_is_refused(read: Read, crs: Any):
    assert faults(read, feature("A"), document={"crs": crs})[0][:2] == (None, "crs")


def test_metres_that_are_passed_off_as_degrees_are_refused_once(read: Read):
    metric = [feature(str(n), ring(n, 0, base=(4_880_000, 2_070_000))) for n in range(3)]
    ((index, _, problem),) = faults(read, *metric)
    assert index == 0
    assert "and of 2 features more" in problem
    assert "projected" in problem


def test_latitude_first_is_refused(read: Read):
    ((_, _, problem),) = faults(read, feature("A", ring(0, 0, base=(4.6, -74.1))))
    assert "does latitude stand first?" in problem


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        7,
        {"type": "Polygon"},
        {"type": "Polygon", "coordinates": 7},
        {"type": "Polygon", "coordinates": []},
        {"type": "MultiPolygon", "coordinates": []},
        {"type": "Polygon", "coordinates": [[["a", 1], [1, 2], [2, 3], ["a", 1]]]},
        {"type": "Polygon", "coordinates": [ring(0, 0)[:-1]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]},
        {"type": "Polygon", "coordinates": [[None, [1, 1], [2, 2], None]]},
        {"type": "GeometryCollection", "geometries": []},
        {"type": ["Polygon"], "coordinates": []},
    ],
)
def test_a_geometry_without_area_or_sense_is_refused(read: Read, geometry: Any):
    ((index, name, _),) = faults(
        read, feature("A", ring(5, 5)), feature("B") | {"geometry": geometry}
    )
    assert (index, name) == (1, "geometry")


@pytest.mark.parametrize("odd", [1.5, True, ["A"], {"a": 1}, "x" * 201])
def test_a_code_that_is_no_short_text_is_refused(read: Read, odd: Any):
    ((index, name, _),) = faults(read, feature(odd, NAME="Cuadrante 1"))
    assert (index, name) == (0, "CODE")


@pytest.mark.parametrize("odd", [None, 7, [], {"properties": None}, {"properties": [1]}])
def test_a_feature_that_is_none_is_refused(read: Read, odd: Any):
    assert {index for index, _, _ in faults(read, feature("A"), odd)} == {1}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b'{"type": "Feature"}',
        b"\xff\xfe{}",
        b'{"type":"FeatureCollection"}',
    ],
)
def test_a_file_that_is_no_collection_is_refused(read: Read, raw: bytes):
    assert faults(read, raw=raw)[0][:2] == (None, None)


def test_a_file_has_limits(read: Read, monkeypatch: pytest.MonkeyPatch):
    assert faults(read)[0][2] == "it has 0 features"
    monkeypatch.setattr(quadrant_file, "FEATURES_MAX", 1)
    assert faults(read, feature("A"), feature("B"))[0][2] == "it has 2 features"
    monkeypatch.setattr(quadrant_file, "FILE_BYTES_MAX", 100)
    assert "more than" in faults(read, feature("A"))[0][2]


def test_a_file_that_is_not_there_is_an_operating_error(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        read_quadrants(tmp_path / "x", edition="e", code_field="C", name_field="N")


# --- real files ---------------------------------------------------------------------------------


@real
def test_the_real_quadrants_of_bogota():
    found = read_quadrants(
        DATA / "bogota_cuadrantes_2024.geojson",
        edition="2024",
        code_field="PCUNCUADRA",
        name_field="PCUDESCRIP",
        station_field="PCUNOMEST",
        cai_field="PCUNOMCAI",
        phone_field="PCUTELEFON",
    )
    report = found.report
    assert (report.features, report.quadrants, report.vertices) == (599, 599, 23_275)
    assert (report.repairs, report.merged, report.same_place, report.warnings) == ((), (), (), ())
    assert all(overlap.area_m2 < 6 for overlap in report.overlaps)
    assert sum(gap.area_m2 > 100 for gap in report.gaps) == 3
    assert len(found.edition.neighbours) == 599


@real
def test_the_numbers_of_bogota_recur_from_station_to_station():
    path = DATA / "bogota_cuadrantes_2024.geojson"
    with pytest.raises(QuadrantFileError) as caught:
        read_quadrants(path, edition="2024", code_field="PCUDESCRIP", name_field="PCUDESCRIP")
    assert len(caught.value.faults) == 599 - 79
    found = read_quadrants(
        path, edition="2024", code_field="PCUIEPOLIC,PCUDESCRIP", name_field="PCUDESCRIP"
    )
    assert "E19-Cuadrante 043" in found.edition.by_code


@real
def test_the_barrios_of_cartagena_are_as_bad_as_they_are():
    path = DATA / "cartagena_barrios.geojson"
    with pytest.raises(QuadrantFileError, match="code 1250 is that of feature 20 too"):
        read_quadrants(path, edition="1", code_field="CODIGO", name_field="NOMBRE")
    report = read_quadrants(path, edition="1", code_field="FID", name_field="NOMBRE").report
    assert [(repair.code, repair.reason[:13]) for repair in report.repairs] == [
        ("185", "Nested shells")
    ]
    assert {same.codes for same in report.same_place} == {("160", "212"), ("166", "213")}
    assert report.overlaps[0].area_m2 > 10_000
    assert math.isclose(report.area_m2, 86e6, rel_tol=0.01)


@real
def test_the_barrios_of_cali_are_clean():
    report = read_quadrants(
        DATA / "cali_barrios.geojson", edition="1", code_field="id_barrio", name_field="barrio"
    ).report
    assert (report.quadrants, report.repairs, report.overlaps, report.gaps) == (339, (), (), ())


@real
def test_posts_are_no_quadrants():
    with pytest.raises(QuadrantFileError, match=r"it is a Point.*\(and 180 features more\)"):
        read_quadrants(
            DATA / "bogota_cai_estaciones.geojson",
            edition="1",
            code_field="id",
            name_field="nombre",
        )

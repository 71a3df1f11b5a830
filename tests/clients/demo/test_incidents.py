import gzip
from pathlib import Path

import pytest

from clients.demo.incidents import BadIncidents, Incident, check, read_incidents
from protocol.vocabulary import FoundBy

HEADER = "id,lat,lon,cuadrante_2024,borde_m_2024\n"


@pytest.mark.parametrize("packed", [False, True])
def test_reading(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / ("i.csv.gz" if packed else "i.csv")
    content = (HEADER + "1,4.6,-74.1,Q1,18.8\n2,4.7,-74.2,,77\n3,4.8,-74.3,Q3,\n").encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    assert read_incidents(path) == [
        Incident("1", 4.6, -74.1, "Q1", 18.8),
        Incident("2", 4.7, -74.2, "", 77.0),
        Incident("3", 4.8, -74.3, "Q3", None),
    ]
    assert len(read_incidents(path, 2)) == 2


def test_a_file_without_the_computed_columns_expects_nothing(tmp_path: Path) -> None:
    path = tmp_path / "i.csv"
    path.write_text("id,lat,lon\n1,4.6,-74.1\n")
    (incident,) = read_incidents(path)
    assert not incident.is_certain
    assert check(incident, "Q1", FoundBy.INSIDE) is None


@pytest.mark.parametrize(
    ("text", "says"),
    [("id,latitude\n", "no column lat, lon"), ("id,lat,lon\n1,4.6,-74\n2,x,1\n", "line 3")],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "i.csv"
    path.write_text(text)
    with pytest.raises(BadIncidents, match=says):
        read_incidents(path)


@pytest.mark.parametrize(
    ("expected", "border_m", "quadrant", "found_by", "right"),
    [
        ("Q1", 5.0, "Q1", FoundBy.INSIDE, True),
        ("Q1", 1.0, "Q1", FoundBy.TIE, True),
        ("Q1", 5.0, "Q2", FoundBy.INSIDE, False),
        ("Q1", 5.0, None, FoundBy.NONE, False),
        ("Q1", 5.0, "Q1", FoundBy.REGISTERED, False),
        ("Q1", 0.9, "Q2", FoundBy.INSIDE, None),
        ("", 50.0, "Q1", FoundBy.NEAREST, True),
        ("", 900.0, None, FoundBy.NONE, True),
        ("", 50.0, "Q1", FoundBy.INSIDE, False),
        ("", 0.5, "Q1", FoundBy.INSIDE, None),
    ],
)
def test_checking(
    expected: str, border_m: float, quadrant: str | None, found_by: FoundBy, right: bool | None
) -> None:
    assert check(Incident("1", 4.6, -74.1, expected, border_m), quadrant, found_by) is right

"""What leaves the house says what happened, and where; never who called."""

import csv
import io
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.console.records.tables import (
    COLUMNS,
    STARTS_A_FORMULA,
    csv_header,
    csv_rows,
    feature_of,
    row_of,
)
from protocol.messages import Alert, PlaceView, QuadrantView
from protocol.vocabulary import FoundBy
from tests.console.samples import ALERT, NOW_MS, raised


def view(alert: Alert) -> dict[str, Any]:
    shown: dict[str, Any] = msgspec.to_builtins(alert)
    return shown


def test_a_row_has_the_columns_and_no_person() -> None:
    row = row_of(view(raised(note="nota")))
    assert tuple(row) == COLUMNS
    assert (row["alert_id"], row["quadrant"], row["front_id"]) == (ALERT, "Q-01", "f-manga")
    assert row["received_at"] == "2026-11-18T11:06:40.000+00:00"
    assert row["closed_at"] is None
    assert not {"Ana", "Díaz", "nota"} & set(str(row).split())
    assert NOW_MS


@given(st.text(max_size=20))
def test_a_spreadsheet_reads_back_what_is_written_and_runs_nothing(code: str) -> None:
    alert = raised(quadrant=QuadrantView(code, "", "", "", ""))
    written = (csv_header() + csv_rows([view(alert)])).decode()
    (row,) = csv.DictReader(io.StringIO(written, newline=""))
    assert row["quadrant"].lstrip("'") == code.lstrip("'")
    assert not row["quadrant"].startswith(STARTS_A_FORMULA)
    assert float(row["lon"]) == -75.53, "a number stays one"


@pytest.mark.parametrize("lat", [10.41, None])
def test_a_feature_is_a_point_where_there_is_a_place(lat: float | None) -> None:
    place = PlaceView(lat, lat and -75.5, None, None, "", FoundBy.NONE, None, False, None)
    feature = orjson.loads(feature_of(view(raised(place=place))))
    assert feature["id"] == ALERT
    assert "lat" not in feature["properties"]
    if lat is None:
        assert feature["geometry"] is None
    else:
        assert feature["geometry"] == {"type": "Point", "coordinates": [-75.5, 10.41]}

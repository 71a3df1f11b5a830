"""Recorded alerts as rows of a table (CSV, RFC 4180) and as points of a map (GeoJSON, RFC 7946).

What leaves the house says what happened, where and how fast; never who called, nor what was noted.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import orjson

COLUMNS: Final = (
    "alert_id",
    "kind",
    "state",
    "outcome",
    "urgency",
    "quadrant",
    "edition",
    "front_id",
    "lat",
    "lon",
    "accuracy_m",
    "found_by",
    "reach",
    "step",
    "signals_total",
    "pressed_at",
    "received_at",
    "sent_at",
    "delivered_at",
    "accepted_at",
    "arrived_at",
    "closed_at",
)
STAGES: Final = ("pressed", "received", "sent", "delivered", "accepted", "arrived", "closed")
STARTS_A_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""In a spreadsheet (OWASP, CSV injection)."""


def row_of(view: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of an alert to whoever counts them."""
    place, told, stages = view["place"], view["told"], view["stages"]
    row = {name: view.get(name) for name in ("alert_id", "kind", "state", "outcome", "urgency")}
    row |= {
        "quadrant": (view["quadrant"] or {}).get("code"),
        "edition": view["edition"],
        "front_id": (view["front"] or {}).get("front_id"),
        "lat": place["lat"],
        "lon": place["lon"],
        "accuracy_m": place["accuracy_m"],
        "found_by": place["found_by"],
        "reach": told["reach"],
        "step": view["escalation"]["step"],
        "signals_total": view["signals_total"],
    }
    return row | {f"{stage}_at": _time(stages.get(f"{stage}_at_ms")) for stage in STAGES}


def csv_header() -> bytes:
    """Return the first line of the table."""
    return _lines([COLUMNS])


def csv_rows(views: Iterable[Mapping[str, Any]]) -> bytes:
    """Return alerts as lines of the table."""
    return _lines([_cell(value) for value in row_of(view).values()] for view in views)


def feature_of(view: Mapping[str, Any]) -> bytes:
    """Return an alert as a feature; one without a place has no geometry."""
    row = row_of(view)
    lat, lon = row.pop("lat"), row.pop("lon")
    point = None if lat is None else {"type": "Point", "coordinates": [lon, lat]}
    feature = {"type": "Feature", "id": row["alert_id"], "geometry": point, "properties": row}
    return orjson.dumps(feature)


def _lines(rows: Iterable[Iterable[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(STARTS_A_FORMULA):
        return f"'{value}"
    return value


def _time(at_ms: int | None) -> str | None:
    if at_ms is None:
        return None
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds")

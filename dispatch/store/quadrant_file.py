"""Reads quadrants from a GeoJSON file as offices publish them, and cleans what can be cleaned.

Nothing is guessed: what would put a patrol in the wrong place is an error that says what to do,
and all errors of a file are told at once. What was repaired or looks odd stands in the report.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import shapely

from dispatch.core.mercator import LIMIT_LAT, areas_m2
from dispatch.core.quadrants import Edition, Quadrant
from dispatch.store.coverage import gaps, overlaps
from dispatch.store.quadrant_report import CleanedCode, Merged, Repair, Report, SamePlace
from protocol.limits import NAME_CHARS

FILE_BYTES_MAX: Final = 128 * 1024 * 1024
FEATURES_MAX: Final = 20_000
TEXT_CHARS_MAX: Final = NAME_CHARS
"""The longest text that an alert's frame has room for."""
FAULTS_SHOWN: Final = 50

DEGREES: Final = {"4326": "EPSG:4326", "CRS84": "CRS84", "4686": "EPSG:4686"}
"""MAGNA-SIRGAS (4686) equals WGS 84 within centimetres."""
TO_DEGREES: Final = "convert it first: ogr2ogr -t_srs EPSG:4326 out.geojson in.geojson"


@dataclass(frozen=True, slots=True)
class Fault:
    """One reason why a file cannot be imported. `feature` counts from 0; None is the file."""

    feature: int | None
    field: str | None
    problem: str
    remedy: str

    def __str__(self) -> str:
        where = "the file" if self.feature is None else f"feature {self.feature}"
        named = f", field {self.field}" if self.field else ""
        return f"{where}{named}: {self.problem}; {self.remedy}"


class QuadrantFileError(Exception):
    """The file cannot be imported. `faults` holds every reason; `str()` tells them to a person,
    the same one of many features once."""

    def __init__(self, file: str, faults: Iterable[Fault]) -> None:
        self.file, self.faults = file, tuple(faults)
        alike: dict[Fault, list[Fault]] = {}
        for fault in self.faults:
            alike.setdefault(replace(fault, feature=None), []).append(fault)
        lines = [
            f"  {same[0]}" + (f" (and {len(same) - 1:,} features more)" if same[1:] else "")
            for same in alike.values()
        ]
        if len(lines) > FAULTS_SHOWN:
            lines[FAULTS_SHOWN:] = [f"  … and {len(lines) - FAULTS_SHOWN:,} more"]
        super().__init__("\n".join([f"{file} cannot be imported (features count from 0):", *lines]))


@dataclass(frozen=True, slots=True)
class QuadrantFile:
    """The clean quadrants of a file, and what was found on the way."""

    edition: Edition
    report: Report


@dataclass(frozen=True, slots=True)
class _Fields:
    """Which property says what; a code may be made of several, such as station and number."""

    code: tuple[str, ...]
    name: str
    station: str | None
    cai: str | None
    phone: str | None

    @property
    def named(self) -> tuple[str, ...]:
        every = (*self.code, self.name, self.station, self.cai, self.phone)
        return tuple(dict.fromkeys(name for name in every if name is not None))


@dataclass(slots=True)
class _Findings:
    faults: list[Fault] = field(default_factory=list)
    cleaned: list[CleanedCode] = field(default_factory=list)
    repairs: list[Repair] = field(default_factory=list)
    merged: list[Merged] = field(default_factory=list)
    numeric_codes: int = 0
    nameless: int = 0

    def fault(self, feature: int | None, name: str | None, problem: str, remedy: str) -> None:
        self.faults.append(Fault(feature, name, problem, remedy))


def read_quadrants(
    path: Path | str,
    *,
    edition: str,
    code_field: str,
    name_field: str,
    station_field: str | None = None,
    cai_field: str | None = None,
    phone_field: str | None = None,
) -> QuadrantFile:
    """Quadrants from a GeoJSON FeatureCollection of Polygons and MultiPolygons (RFC 7946).

    `code_field` may name several fields with commas between ("STATION,NUMBER"); their texts are
    joined with "-", for numbers recur from station to station.

    Raises QuadrantFileError with every fault found, OSError when the file cannot be read.
    """
    path = Path(path)
    code = tuple(part.strip() for part in code_field.split(","))
    fields = _Fields(code, name_field, station_field, cai_field, phone_field)
    findings = _Findings()
    document = _document(path)
    features = document["features"]
    crs = _crs(document, findings)
    known = _known_fields(features, fields, findings)
    read = [_quadrant(i, feature, fields, known, findings) for i, feature in enumerate(features)]
    rows = [(i, quadrant) for i, quadrant in enumerate(read) if quadrant is not None]
    _check_degrees(rows, findings)
    rows = _merge(rows, code_field, findings)
    if findings.faults:
        raise QuadrantFileError(path.name, findings.faults)
    quadrants = [quadrant for _, quadrant in rows]
    polygons = np.array([quadrant.polygon for quadrant in quadrants], dtype=object)
    report = Report(
        file=path.name,
        edition=edition,
        crs=crs,
        features=len(features),
        quadrants=len(quadrants),
        vertices=int(shapely.get_num_coordinates(polygons).sum()),
        area_m2=float(areas_m2(polygons).sum()),
        cleaned=tuple(findings.cleaned),
        repairs=tuple(findings.repairs),
        merged=tuple(findings.merged),
        same_place=_same_place(rows),
        overlaps=overlaps(quadrants),
        gaps=gaps(quadrants),
        warnings=tuple(_warnings(findings)),
    )
    return QuadrantFile(Edition(edition, tuple(quadrants)), report)


def _document(path: Path) -> dict[str, Any]:
    def refuse(problem: str, remedy: str) -> QuadrantFileError:
        return QuadrantFileError(path.name, [Fault(None, None, problem, remedy)])

    size = path.stat().st_size
    if size > FILE_BYTES_MAX:
        limit = f"{FILE_BYTES_MAX // 2**20} MiB"
        raise refuse(f"it has {size:,} bytes, more than {limit}", "leave out what is no quadrant")
    try:
        document = orjson.loads(path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise refuse(f"it is not JSON ({error})", "export it again as GeoJSON in UTF-8") from error
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list) or document.get("type") != "FeatureCollection":
        raise refuse("it is not a FeatureCollection", "export it again as GeoJSON")
    if not 0 < len(features) <= FEATURES_MAX:
        wanted = f"give a file of 1 to {FEATURES_MAX:,} quadrants"
        raise refuse(f"it has {len(features):,} features", wanted)
    collection: dict[str, Any] = document
    return collection


def _crs(document: dict[str, Any], findings: _Findings) -> str:
    """RFC 7946 knows degrees only; the `crs` member is of its 2008 forerunner and still written."""
    member = document.get("crs")
    if member is None:
        return "EPSG:4326 (none stated)"
    named = member.get("properties") if isinstance(member, dict) else None
    name = str(named.get("name")) if isinstance(named, dict) else str(member)
    code = re.search(r"(CRS84|(?<=[:/])\d+)$", name)
    if code and code[1] in DEGREES:
        return DEGREES[code[1]]
    accepted = ", ".join(DEGREES.values())
    findings.fault(None, "crs", f"{name} is not one of {accepted}", TO_DEGREES)
    return name


def _properties(feature: Any) -> dict[str, Any]:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    return properties if isinstance(properties, dict) else {}


def _known_fields(features: Sequence[Any], fields: _Fields, findings: _Findings) -> frozenset[str]:
    """The named fields that exist; one that no feature has is one fault, not one for each."""
    present = sorted({name for feature in features for name in _properties(feature)})
    for name in fields.named:
        if name not in present:
            exist = ", ".join(present) or "none at all"
            findings.fault(None, name, "no feature has it", f"fields are: {exist}")
    return frozenset(fields.named) & frozenset(present)


def _quadrant(
    index: int, feature: Any, fields: _Fields, known: frozenset[str], findings: _Findings
) -> Quadrant | None:
    properties = _properties(feature)
    for name in sorted(known - properties.keys()):
        exist = ", ".join(sorted(properties)) or "none at all"
        findings.fault(index, name, "it is missing here", f"this feature's fields are: {exist}")

    def text(name: str | None) -> str:
        return _text(index, name, properties.get(name), findings) if name in known else ""

    code = _code(index, fields, known & properties.keys(), properties, findings)
    polygon = _polygon(index, code, feature, findings)
    name = text(fields.name)
    findings.nameless += not name
    station, cai, phone = text(fields.station), text(fields.cai), text(fields.phone)
    if not code or polygon is None:
        return None
    return Quadrant(code, name or code, station, cai, phone, polygon)


def _cleaned(text: str) -> str:
    """Without the marks and spaces that nobody sees: two codes that look alike are alike."""
    seen = (" " if char.isspace() else char for char in unicodedata.normalize("NFC", text))
    shown = "".join(c for c in seen if unicodedata.category(c) not in {"Cc", "Cf"})
    return " ".join(shown.split())


def _text(index: int, name: str | None, value: Any, findings: _Findings) -> str:
    if value is None:
        return ""
    if not isinstance(value, str | int) or isinstance(value, bool):
        findings.fault(index, name, f"{value!r} is not a text", "write it as a JSON string")
        return ""
    text = _cleaned(str(value))
    if len(text) > TEXT_CHARS_MAX:
        remedy = f"shorten it to {TEXT_CHARS_MAX}"
        findings.fault(index, name, f"it has {len(text):,} characters", remedy)
        return ""
    return text


def _code(
    index: int,
    fields: _Fields,
    known: Iterable[str],
    properties: dict[str, Any],
    findings: _Findings,
) -> str:
    parts = []
    for name in fields.code:
        if name not in known:
            return ""
        value = properties[name]
        faults = len(findings.faults)
        part = _text(index, name, value, findings)
        if not part and faults == len(findings.faults):
            findings.fault(index, name, "the code is empty", "give it one or remove the feature")
        parts.append(part)
        findings.numeric_codes += isinstance(value, int)
        if isinstance(value, str) and part != value:
            findings.cleaned.append(CleanedCode(index, value, part))
    return "-".join(parts) if all(parts) else ""


def _polygon(index: int, code: str, feature: Any, findings: _Findings) -> Any:
    geometry = feature.get("geometry") if isinstance(feature, dict) else None
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        problem = f"it is a {kind}, not a Polygon or MultiPolygon" if kind else "it is missing"
        findings.fault(index, "geometry", problem, "draw its area or remove the feature")
        return None
    try:
        polygon = shapely.force_2d(shapely.from_geojson(orjson.dumps(geometry)))
    except shapely.GEOSException as error:
        findings.fault(index, "geometry", str(error).strip(), "export or draw it again")
        return None
    valid = polygon if shapely.is_valid(polygon) else _repaired(index, code, polygon, findings)
    if valid.is_empty:
        findings.fault(index, "geometry", "it has no area", "draw its area or remove the feature")
        return None
    return valid


def _repaired(index: int, code: str, polygon: Any, findings: _Findings) -> Any:
    # "structure" keeps ground that any outer ring claims; the default method would make a hole of
    # a ring that is drawn twice.
    mended = shapely.make_valid(polygon, method="structure", keep_collapsed=False)
    before_m2, after_m2 = areas_m2(np.array([polygon, mended])).tolist()
    reason = shapely.is_valid_reason(polygon)
    findings.repairs.append(Repair(index, code, reason, before_m2, after_m2))
    return mended


def _check_degrees(rows: Sequence[tuple[int, Quadrant]], findings: _Findings) -> None:
    """One fault for all of them: a file is in one reference system."""
    metric, swapped = [], []
    for index, quadrant in rows:
        west, south, east, north = quadrant.polygon.bounds
        if max(-west, east) > 180 or max(-south, north) > LIMIT_LAT:
            metric.append((index, f"{west:.7g} {south:.7g}"))
        elif north < -60:
            swapped.append((index, f"{west:.7g} {south:.7g}"))
    for found, problem, remedy in (
        (metric, "are not degrees (projected, such as EPSG:3116 or 9377?)", TO_DEGREES),
        (swapped, "lie in Antarctica: does latitude stand first?", "write longitude first"),
    ):
        if found:
            index, corner = found[0]
            more = f" (and of {len(found) - 1:,} features more)" if len(found) > 1 else ""
            findings.fault(index, "geometry", f"its coordinates {corner}{more} {problem}", remedy)


def _merge(
    rows: Sequence[tuple[int, Quadrant]], code_field: str, findings: _Findings
) -> list[tuple[int, Quadrant]]:
    """One quadrant for each code: said twice alike is merged, said otherwise is a fault."""
    kept: dict[str, tuple[int, Quadrant]] = {}
    for index, quadrant in rows:
        first, earlier = kept.setdefault(quadrant.code, (index, quadrant))
        if first == index:
            continue
        if shapely.equals(earlier.polygon, quadrant.polygon):
            differing = tuple(
                name
                for name in ("name", "station", "cai", "phone")
                if getattr(earlier, name) != getattr(quadrant, name)
            )
            findings.merged.append(Merged(index, first, quadrant.code, differing))
        else:
            problem = f"code {quadrant.code} is that of feature {first} too, with another polygon"
            remedy = "correct one of them, or name more code fields (STATION,NUMBER)"
            findings.fault(index, code_field, problem, remedy)
    return list(kept.values())


def _same_place(rows: Sequence[tuple[int, Quadrant]]) -> tuple[SamePlace, ...]:
    polygons: dict[bytes, list[tuple[int, Quadrant]]] = {}
    for index, quadrant in rows:
        # In one order, whatever ring or vertex came first.
        alike = shapely.to_wkb(shapely.normalize(quadrant.polygon))
        polygons.setdefault(alike, []).append((index, quadrant))
    return tuple(
        SamePlace(tuple(quadrant.code for _, quadrant in same), tuple(index for index, _ in same))
        for same in polygons.values()
        if len(same) > 1
    )


def _warnings(findings: _Findings) -> Iterable[str]:
    if findings.numeric_codes:
        yield (
            f"{findings.numeric_codes:,} codes are JSON numbers: leading zeros may be lost; "
            "export the field as text if codes can begin with 0"
        )
    if findings.nameless:
        yield f"{findings.nameless:,} quadrants have no name and go by their code"

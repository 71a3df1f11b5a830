import json
from dataclasses import replace

from dispatch.store.coverage import Gap, Overlap
from dispatch.store.quadrant_report import CleanedCode, Merged, Repair, Report, SamePlace

CLEAN = Report(
    file="city.geojson",
    edition="2024",
    crs="EPSG:4326",
    features=3,
    quadrants=2,
    vertices=1_234,
    area_m2=2_500_000.0,
    cleaned=(),
    repairs=(),
    merged=(),
    same_place=(),
    overlaps=(),
    gaps=(),
    warnings=(),
)
FULL = replace(
    CLEAN,
    cleaned=(CleanedCode(0, "A\r\n", "A"),),
    repairs=(Repair(1, "B", "Self-intersection[0 0]", 100.0, 90.0),),
    merged=(Merged(2, 1, "B", ("phone",)),),
    same_place=(SamePlace(("A", "B"), (0, 1)),),
    overlaps=(Overlap(("A", "B"), 4.04), Overlap(("A", "C"), 1.0)),
    gaps=(Gap(("A", "B"), 1_000.0, 4.6, -74.1),),
    warnings=("look here",),
)


def test_a_clean_file_says_so():
    first, second, *findings = CLEAN.as_text().splitlines()
    assert first == "city.geojson, edition 2024"
    assert second == "  3 features, 2 quadrants, 1,234 vertices, 2.50 km², EPSG:4326"
    assert findings
    assert all(line.endswith(": none") for line in findings)


def test_every_finding_is_told_to_a_person():
    text = FULL.as_text()
    for told in (
        "feature 0: 'A\\r\\n' became 'A'",
        "feature 1, B: Self-intersection[0 0]; area -10.0 m²",
        "feature 2 into 1: B; kept the phone of the earlier",
        "A, B (features 0, 1)",
        "overlaps: 2 (5.0 m² in all)",
        "4.0 m²: A and B",
        "gaps: 1 (1,000.0 m² in all)",
        "1,000.0 m² at 4.6,-74.1: between A, B",
        "look here",
    ):
        assert told in text


def test_the_text_shows_the_first_and_the_json_all():
    many = replace(CLEAN, warnings=tuple(f"warning {n}" for n in range(13)))
    assert "warning 9" in many.as_text()
    assert "warning 10" not in many.as_text()
    assert "… and 3 more" in many.as_text()
    assert len(json.loads(json.dumps(many.as_dict()))["warnings"]) == 13


def test_the_json_holds_what_the_text_says():
    told = json.loads(json.dumps(FULL.as_dict()))
    assert told["overlaps"][0] == {"codes": ["A", "B"], "area_m2": 4.04}
    assert (told["overlap_area_m2"], told["gap_area_m2"]) == (5.04, 1_000.0)
    assert told["repairs"][0]["reason"] == "Self-intersection[0 0]"

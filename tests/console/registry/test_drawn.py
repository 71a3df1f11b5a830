"""An edition is drawn whole, or a quadrant with those beside it."""

import gzip

import orjson
import shapely

from dispatch.console.registry.drawn import DrawnEdition
from dispatch.store.registry_records import QuadrantRow


def square(code: str, west: float) -> QuadrantRow:
    polygon = shapely.to_wkb(shapely.box(west, 4.60, west + 0.01, 4.61))
    return QuadrantRow("2024", code, f"Cuadrante {code}", "Centro", "Manga", "123", polygon)


def test_a_quadrant_comes_first_and_only_those_beside_it_after_it() -> None:
    # The third is across an avenue, the fourth far away.
    drawn = DrawnEdition([square("A", 0), square("B", 0.01), square("C", 0.0202), square("D", 1)])
    codes = [each["id"] for each in orjson.loads(drawn.plain)["features"]]
    assert codes == ["A", "B", "C", "D"]
    assert gzip.decompress(drawn.packed) == drawn.plain
    nearby = orjson.loads(drawn.nearby("B") or b"")
    assert [each["id"] for each in nearby["features"]] == ["B", "A", "C"]
    assert drawn.nearby("E") is None


def test_each_edition_has_a_tag_of_its_own() -> None:
    empty, one = DrawnEdition([]), DrawnEdition([square("A", 0)])
    assert orjson.loads(empty.plain)["features"] == []
    assert empty.etag != one.etag
    assert one.etag.startswith('"')

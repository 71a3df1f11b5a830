from pathlib import Path

import msgspec
import pytest
import shapely

from dispatch.core.locate import Locator
from dispatch.core.quadrants import Edition
from dispatch.store import quadrants_copy
from dispatch.store.quadrants_copy import SEAL, is_made_of, read_quadrants, write_quadrants
from dispatch.store.sealed_file import Unusable, read_sealed, write_sealed

from .samples import EDITION_1, quadrant

LOCATOR = Locator(EDITION_1.edition)
ROWS = [
    ("2024", each.code, each.name, each.station, each.cai, each.phone, shapely.to_wkb(each.polygon))
    for each in reversed(EDITION_1.edition.quadrants)
]


def is_the_same(locator: Locator | None) -> bool:
    assert locator is not None
    places = [(10.415, -75.535), (10.4101, -75.5301), (10.3, -75.5)]
    return locator.edition.quadrants == EDITION_1.edition.quadrants and all(
        locator.locate(*place, 20.0) == LOCATOR.locate(*place, 20.0) for place in places
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "quadrants.copy"
    write_quadrants(path, LOCATOR)
    return path


def test_the_index_comes_back_as_it_was(path: Path) -> None:
    assert is_the_same(read_quadrants(path))


def test_no_copy_is_no_fault(tmp_path: Path) -> None:
    assert read_quadrants(tmp_path / "quadrants.copy") is None


def test_an_index_of_other_code_is_built_anew(path: Path) -> None:
    content = read_sealed(path, SEAL)
    assert content is not None
    quadrants, _, _ = msgspec.msgpack.decode(content)
    poison = b"cos\nabort\n(tR."
    write_sealed(path, SEAL, [msgspec.msgpack.encode([quadrants, b"other code", poison])])
    assert is_the_same(read_quadrants(path))


def test_no_quadrants_are_kept_too(tmp_path: Path) -> None:
    write_quadrants(tmp_path / "none", Locator(quadrants_copy.NO_EDITION))
    locator = read_quadrants(tmp_path / "none")
    assert locator is not None
    assert locator.locate(10.415, -75.535).quadrant is None


def test_another_content_is_not_used(path: Path) -> None:
    write_sealed(path, SEAL, [msgspec.msgpack.encode({"quadrants": 1})])
    with pytest.raises(Unusable, match="format"):
        read_quadrants(path)


def test_an_edition_is_known_by_its_rows() -> None:
    assert is_made_of(EDITION_1.edition, ROWS)


@pytest.mark.parametrize(
    "rows",
    [
        ROWS[1:],
        [],
        [("2025", *row[1:]) for row in ROWS],
        [*ROWS[1:], (*ROWS[0][:2], "Otro", *ROWS[0][3:])],
        [*ROWS[1:], (*ROWS[0][:-1], shapely.to_wkb(quadrant("Q", -75.53, 10.42).polygon))],
    ],
)
def test_any_difference_makes_it_another(rows: list) -> None:
    assert not is_made_of(EDITION_1.edition, rows)


def test_no_edition_is_made_of_no_rows() -> None:
    assert is_made_of(Edition("", ()), [])

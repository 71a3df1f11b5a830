"""The edition in force and its built index, as a file: to build it again would take seconds.

The index is a pickle. Whoever may write to this file may write to the journal and to PostgreSQL's
data as well; it is read only where it is ours alone (`sealed_file`), and only by the very code and
libraries that wrote it. Others build the index anew from the quadrants, which lie beside it.
"""

import hashlib
import pickle
import sys
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import shapely

from dispatch.core.locate import Locator
from dispatch.core.quadrants import Edition
from dispatch.store.rows import Row, edition_from
from dispatch.store.sealed_file import Seal, Unusable, read_sealed, write_sealed

SEAL: Final = Seal("quadrants", 1)
NO_EDITION: Final = Edition("", ())

_Quadrant = tuple[str, str, str, str, str, str, bytes]
"""A row of `registry_quadrants`."""


class _Copy(msgspec.Struct, array_like=True):
    quadrants: list[_Quadrant]
    built_by: bytes
    index: bytes


_DECODER: Final = msgspec.msgpack.Decoder(_Copy)


def write_quadrants(path: Path, locator: Locator) -> None:
    """Keep the edition of `locator` and its index. Blocks. Raises OSError."""
    index = pickle.dumps(locator, pickle.HIGHEST_PROTOCOL)
    copy = _Copy(_rows_of(locator.edition), _built_by(), index)
    write_sealed(path, SEAL, [msgspec.msgpack.encode(copy)])


def read_quadrants(path: Path) -> Locator | None:
    """Read the index back, or build it anew; None where there is no copy. Raises `Unusable`."""
    content = read_sealed(path, SEAL)
    if content is None:
        return None
    try:
        copy = _DECODER.decode(content)
    except msgspec.DecodeError as error:
        raise Unusable(f"it does not hold what its format says: {error}") from None
    if copy.built_by != _built_by():
        return Locator(edition_from(copy.quadrants) or NO_EDITION)
    locator: Locator = pickle.loads(copy.index)  # noqa: S301 - our own, see above
    return locator


def is_made_of(edition: Edition, rows: Sequence[Row]) -> bool:
    """Whether `edition` is what these rows of `registry_quadrants` make."""
    return _rows_of(edition) == sorted(map(tuple, rows), key=lambda row: str(row[1]))


def _rows_of(edition: Edition) -> list[_Quadrant]:
    polygons = shapely.to_wkb([each.polygon for each in edition.quadrants], byte_order=1)
    return [
        (edition.id, each.code, each.name, each.station, each.cai, each.phone, polygon)
        for each, polygon in zip(edition.quadrants, polygons, strict=True)
    ]


def _built_by() -> bytes:
    """Name the code that builds an index: another cell size would give other quadrants."""
    digest = hashlib.sha256()
    for name in ("cells.py", "locate.py", "mercator.py", "quadrants.py"):
        digest.update(resources.files("dispatch.core").joinpath(name).read_bytes())
    for version in (sys.version, np.__version__, shapely.__version__, shapely.geos_version_string):
        digest.update(version.encode())
    return digest.digest()

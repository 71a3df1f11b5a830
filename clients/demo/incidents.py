"""Incidents to replay, from a CSV file (plain or gzip) with the columns `id`, `lat`, `lon`.

The columns `cuadrante_2024` and `borde_m_2024`, where the file has them, say which quadrant is
right (empty: none is) and how many metres away its border is.
"""

import csv
import gzip
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from protocol.vocabulary import FoundBy

QUADRANT_COLUMN: Final = "cuadrante_2024"
BORDER_COLUMN: Final = "borde_m_2024"
CERTAIN_FROM_M: Final = 1.0
"""Nearer to a border than this, two correct computations may differ."""

_WITHIN: Final = frozenset({FoundBy.INSIDE, FoundBy.TIE})


class BadIncidents(Exception):  # noqa: N818 - it is shown as a sentence
    """The file cannot be replayed; the message says why."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that happened somewhere. `expected` is "" outside every quadrant, None unknown."""

    incident_id: str
    lat: float
    lon: float
    expected: str | None = None
    border_m: float | None = None

    @property
    def is_certain(self) -> bool:
        """Whether there is one right quadrant, or none, and the file knows it."""
        known = self.expected is not None and self.border_m is not None
        return known and (self.border_m or 0.0) >= CERTAIN_FROM_M


def read_incidents(path: Path, limit: int | None = None) -> list[Incident]:
    """Read the first `limit` incidents. Raises `BadIncidents`, `OSError`."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8-sig", newline="") as file:
        return list(itertools.islice(_rows(path, file), limit))


def check(incident: Incident, quadrant: str | None, found_by: FoundBy) -> bool | None:
    """Say whether the server located an incident as the file does. None: nobody can say."""
    if not incident.is_certain:
        return None
    if not incident.expected:
        return found_by not in _WITHIN
    return quadrant == incident.expected and found_by in _WITHIN


def _rows(path: Path, file: TextIO) -> Iterator[Incident]:
    rows = csv.DictReader(file)
    missing = {"id", "lat", "lon"} - set(rows.fieldnames or ())
    if missing:
        raise BadIncidents(f"{path} has no column {', '.join(sorted(missing))}")
    for number, row in enumerate(rows, 2):
        try:
            border = row.get(BORDER_COLUMN)
            expected = row.get(QUADRANT_COLUMN)
            yield Incident(
                row["id"],
                float(row["lat"]),
                float(row["lon"]),
                None if expected is None else expected.strip(),
                float(border) if border else None,
            )
        except (TypeError, ValueError) as error:
            raise BadIncidents(f"{path}, line {number}: {error}") from error

"""What was found in a file of quadrants, for a person and for a program."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from dispatch.store.coverage import Gap, Overlap

LINES_SHOWN: Final = 10
"""Of each kind of finding, in the text; the JSON has them all."""


@dataclass(frozen=True, slots=True)
class CleanedCode:
    """A code that held spaces, line ends or marks that nobody sees."""

    feature: int
    before: str
    code: str

    def __str__(self) -> str:
        return f"feature {self.feature}: {self.before!r} became {self.code!r}"


@dataclass(frozen=True, slots=True)
class Repair:
    """An invalid polygon that was made valid. Of overlapping parts the invalid one counts the
    area twice, so a change is not always ground lost."""

    feature: int
    code: str
    reason: str
    area_before_m2: float
    area_m2: float

    def __str__(self) -> str:
        change = self.area_m2 - self.area_before_m2
        return f"feature {self.feature}, {self.code}: {self.reason}; area {change:+,.1f} m²"


@dataclass(frozen=True, slots=True)
class Merged:
    """A feature that says again what an earlier one said: the same code, the same polygon."""

    feature: int
    into_feature: int
    code: str
    differing: tuple[str, ...]
    """Attributes that differ; the earlier feature's were kept."""

    def __str__(self) -> str:
        kept = f"; kept the {', '.join(self.differing)} of the earlier" if self.differing else ""
        return f"feature {self.feature} into {self.into_feature}: {self.code}{kept}"


@dataclass(frozen=True, slots=True)
class SamePlace:
    """One polygon under several codes: every press in it is a tie."""

    codes: tuple[str, ...]
    features: tuple[int, ...]

    def __str__(self) -> str:
        return f"{', '.join(self.codes)} (features {', '.join(map(str, self.features))})"


@dataclass(frozen=True, slots=True)
class Report:
    """Everything worth knowing about a file that can be imported."""

    file: str
    edition: str
    crs: str
    features: int
    quadrants: int
    vertices: int
    area_m2: float
    cleaned: tuple[CleanedCode, ...]
    repairs: tuple[Repair, ...]
    merged: tuple[Merged, ...]
    same_place: tuple[SamePlace, ...]
    overlaps: tuple[Overlap, ...]
    gaps: tuple[Gap, ...]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """For JSON: every finding, and the areas in all."""
        return asdict(self) | {
            "overlap_area_m2": sum(overlap.area_m2 for overlap in self.overlaps),
            "gap_area_m2": sum(gap.area_m2 for gap in self.gaps),
        }

    def as_text(self) -> str:
        """For a person: the first findings of each kind."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"{self.file}, edition {self.edition}"
        yield (
            f"  {self.features:,} features, {self.quadrants:,} quadrants, "
            f"{self.vertices:,} vertices, {self.area_m2 / 1e6:,.2f} km², {self.crs}"
        )
        yield from _section("codes cleaned", [str(cleaned) for cleaned in self.cleaned])
        yield from _section("polygons repaired", [str(repair) for repair in self.repairs])
        yield from _section("duplicates merged", [str(merged) for merged in self.merged])
        yield from _section("one polygon, several codes", [str(same) for same in self.same_place])
        overlapping = [f"{o.area_m2:,.1f} m²: {' and '.join(o.codes)}" for o in self.overlaps]
        yield from _section("overlaps", overlapping, sum(o.area_m2 for o in self.overlaps))
        open_ground = [
            f"{gap.area_m2:,.1f} m² at {gap.lat},{gap.lon}: between {', '.join(gap.codes)}"
            for gap in self.gaps
        ]
        yield from _section("gaps", open_ground, sum(gap.area_m2 for gap in self.gaps))
        yield from _section("warnings", self.warnings)


def _section(title: str, findings: Sequence[str], area_m2: float | None = None) -> Iterator[str]:
    total = f" ({area_m2:,.1f} m² in all)" if findings and area_m2 is not None else ""
    yield f"  {title}: {len(findings) or 'none'}{total}"
    for finding in findings[:LINES_SHOWN]:
        yield f"    {finding}"
    if len(findings) > LINES_SHOWN:
        yield f"    … and {len(findings) - LINES_SHOWN} more"

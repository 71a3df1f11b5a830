"""What a change did: `python -m bench compare`, the last run against the one before.

By ratio to the floor, so that it holds on another day, when the machine is busier, or on another
machine. Ends with 1 if a figure is worse by more than the tolerance.
"""

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.table import Table

from bench.goals import Results
from bench.report import FOLDER, read_results

TOLERANCE: Final = 0.15
"""What differs by less is the machine."""


class Compared(NamedTuple):
    """One figure of both runs; less is better."""

    figure: str
    before: float
    after: float

    @property
    def change(self) -> float:
        """By which share it grew."""
        return self.after / self.before - 1.0 if self.before else 0.0


FIGURES: Final[tuple[tuple[str, str, Callable[[dict[str, Any]], float]], ...]] = (
    ("CPU a signal ÷ floor", "floor", lambda f: f["ratio"]),
    ("press → handheld p99 ÷ floor's", "floor", lambda f: f["handheld_p99_ratio"]),
    ("CPU a signal in a large city ÷ small", "growth", lambda f: f["ratio"]),
    (
        "memory of an idle connection, bytes",
        "connections",
        lambda f: f["roles"][0]["bytes_each"],
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Print the comparison and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench compare", description=__doc__)
    parser.add_argument("before", nargs="?", type=Path, default=FOLDER / "previous")
    parser.add_argument("after", nargs="?", type=Path, default=FOLDER)
    parser.add_argument("--tolerance", type=float, default=TOLERANCE)
    args = parser.parse_args(argv)
    rows = compare(read_results(args.before), read_results(args.after))
    if not rows:
        print(f"nothing to compare in {args.before} and {args.after}: run `make bench` twice")
        return 2
    shown = Table("figure", "before", "after", "change")
    for row in rows:
        worse = "  worse" if row.change > args.tolerance else ""
        shown.add_row(
            row.figure, f"{row.before:,.3g}", f"{row.after:,.3g}", f"{row.change:+.1%}{worse}"
        )
    Console(width=100, highlight=False).print(shown)
    return 1 if any(row.change > args.tolerance for row in rows) else 0


def compare(before: Results, after: Results) -> list[Compared]:
    """Every figure that both have."""
    return [
        Compared(figure, read(before[bench]), read(after[bench]))
        for figure, bench, read in FIGURES
        if bench in before and bench in after
    ] + [
        Compared(f"CPU a signal ÷ {name}'s", 1.0 / row["ratio"], 1.0 / newer["ratio"])
        for name, row in before.get("peers", {}).get("peers", {}).items()
        if "ratio" in row
        and "ratio" in (newer := after.get("peers", {}).get("peers", {}).get(name, {}))
    ]

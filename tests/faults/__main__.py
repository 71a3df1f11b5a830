"""All faults and a table: `python -m tests.faults [--only NAME] [--short]`.

Some faults need root (mounts, namespaces), gcc or libfaketime; where they are missing, it says so.
Ends with 1 if anything is wrong.
"""

import argparse
import sys
import time
import traceback

from rich.console import Console
from rich.table import Table

from tests.faults.faults import FAULTS
from tests.faults.rig import Rig
from tests.faults.trial import FULL, SHORT, CannotTry, Row, Scale, progress


def attempt(name: str, rig: Rig, scale: Scale) -> Row:
    """Do one fault. Whatever goes wrong is on the row."""
    row = Row(name)
    started_s = time.monotonic()
    try:
        FAULTS[name](row, rig, scale)
    except CannotTry as reason:
        row.skipped = str(reason)
    except Exception as error:
        traceback.print_exc()
        row.wrong.append(f"{type(error).__name__}: {str(error)[:400]}")
    row.took_s = time.monotonic() - started_s
    return row


def table(rows: list[Row]) -> Table:
    """Lay the rows out for a terminal."""
    shown = Table(title="What was acknowledged, and what became of it")
    for column in ("fault", "presses\nduring", "acked", "missing", "dupli-\ncates"):
        shown.add_column(column, justify="left" if column == "fault" else "right")
    for column in ("p99 ms\nbefore", "during", "after", "took s"):
        shown.add_column(column, justify="right")
    shown.add_column("notes", justify="left")
    for row in rows:
        if row.skipped:
            shown.add_row(row.fault, *["-"] * 7, "", f"not tried: {row.skipped}")
            continue
        times = [_ms(value) for value in (row.before_ms, row.during_ms, row.after_ms)]
        counts = [row.presses, row.acked, row.missing, row.duplicates]
        notes = [*row.notes, *(f"WRONG: {wrong}" for wrong in row.wrong)]
        shown.add_row(row.fault, *map(str, counts), *times, f"{row.took_s:.0f}", "\n".join(notes))
    return shown


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", choices=FAULTS, action="append", help="this one; may recur")
    parser.add_argument("--short", action="store_true", help="as little of each as `make test`")
    options = parser.parse_args()
    rows = []
    with Rig() as rig:
        for name in options.only or FAULTS:
            progress(name, "begins")
            rows.append(attempt(name, rig, SHORT if options.short else FULL))
            progress(name, "; ".join(rows[-1].wrong) or rows[-1].skipped or "as it must be")
    Console(width=160, highlight=False, markup=False).print(table(rows))
    return 1 if any(row.wrong for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())

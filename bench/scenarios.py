"""The scenarios of `bench/locustfile.py` one after the other, headless: `python -m bench locust`.

Each is the ordinary command, with a server of its own; its exit code says whether it kept its
budgets.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from bench.machine import machine
from bench.options import options
from bench.progress import say, write
from bench.shapes import SCENARIOS, remarks_on

LOCUSTFILE: Final = Path(__file__).with_name("locustfile.py")
MISSING: Final = "locust is missing: pip install -c constraints.txt -e '.[bench]'"


def main(argv: Sequence[str] | None = None) -> int:
    """Run them, print, and return the exit code."""
    parser = options("locust", __doc__)
    parser.add_argument("--scenario", choices=SCENARIOS, action="append", help="this; may recur")
    parser.add_argument("--scale", type=float, default=0.01, help="of Cali's 25,943 members")
    parser.add_argument("--seconds", type=float, default=40.0, help="that each lasts")
    args = parser.parse_args(argv)
    if find_spec("locust") is None:
        print(MISSING, file=sys.stderr)
        return 2
    figures = measure(args)
    write(figures, args.json)
    return 0 if all(row["kept"] for row in figures["scenarios"].values()) else 1


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Every figure of `locust`."""
    remarks = remarks_on(args.scale)
    for remark in remarks:
        say(remark)
    rows = {name: _run(name, args) for name in args.scenario or SCENARIOS}
    return {
        "bench": "locust",
        "scale": args.scale,
        "seconds": args.seconds,
        "remarks": remarks,
        "scenarios": rows,
        "machine": machine(),
    }


def _run(name: str, args: argparse.Namespace) -> dict[str, Any]:
    say(f"{name}: {SCENARIOS[name].says}")
    command = [sys.executable, "-m", "locust", "-f", str(LOCUSTFILE), "--headless", "--json"]
    settings = ["--scenario", name, "--scale", str(args.scale), "--seconds", str(args.seconds)]
    settings += ["--program", str(args.program.absolute())]
    done = subprocess.run(
        [*command, *settings, "--loglevel", "WARNING"],
        cwd=LOCUSTFILE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    broken = [line for line in done.stderr.splitlines() if line.startswith("budget broken: ")]
    for line in broken:
        say(line)
    if done.returncode and not broken:
        say(done.stderr[-2_000:])
    events = {f"{row['method']}: {row['name']}": row_of(row) for row in _rows(done.stdout)}
    return {"kept": done.returncode == 0, "broken": broken, "events": events}


def _rows(printed: str) -> list[dict[str, Any]]:
    """What locust's `--json` prints, after whatever else was printed."""
    start = printed.find("[")
    return list(json.loads(printed[start:])) if start >= 0 else []


def row_of(row: dict[str, Any]) -> dict[str, Any]:
    """One kind of event, from the counts of its times."""
    times = sorted((float(ms), count) for ms, count in row["response_times"].items())
    values = np.array([ms for ms, _ in times])
    reached = np.cumsum([count for _, count in times])
    figures: dict[str, Any] = {"count": row["num_requests"], "failures": row["num_failures"]}
    for part in (50, 99):
        at = np.searchsorted(reached, reached[-1] * part / 100) if times else 0
        figures[f"p{part}_ms"] = float(values[at]) if times else None
    return figures

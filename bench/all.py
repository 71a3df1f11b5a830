"""Everything in one go: `python -m bench all`, as `make bench` does.

Each subcommand is a process of its own and leaves its figures in `bench/results/`; what was there
before goes to `bench/results/previous/`. Ends with a report. One that fails is said, and the rest
go on.
"""

import argparse
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bench import report
from bench.progress import say

PLAN: Final = (
    "latency --rate 1000 --idle 5000 --seconds 10",
    "floor --rate 1000 --idle 5000 --rounds 4",
    "capacity --idle 1000",
    "connections --count 2500",
    "storm --count 18000 --rate 100",
    "growth --rounds 4",
    "peers --rate 500 --rounds 2",
    "locust --seconds 8",
)
SHORT: Final = (
    "latency --rate 100 --idle 50 --seconds 2 --quadrants 40",
    "floor --rate 100 --idle 50 --rounds 1 --seconds 2 --quadrants 40",
)
"""To see that all is wired."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the plan and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench all", description=__doc__)
    parser.add_argument("--into", type=Path, default=report.FOLDER, help="folder of the results")
    parser.add_argument("--short", action="store_true", help="a minute, to see that all is wired")
    parser.add_argument("--program", type=Path, help="the server.py to measure")
    args = parser.parse_args(argv)
    chosen = ["--program", str(args.program.absolute())] if args.program else []
    put_aside(args.into)
    failed = []
    for line in SHORT if args.short else PLAN:
        name, *options = shlex.split(line)
        say(line)
        began_s = time.monotonic()
        command = [sys.executable, "-m", "bench", name, *options, *chosen]
        done = subprocess.run(
            [*command, "--json", str(args.into / f"{name}.json")],
            stdout=subprocess.DEVNULL,
            check=False,
        )
        say(f"{name} took {time.monotonic() - began_s:.0f} s")
        if done.returncode:
            failed.append(name)
    report.main([str(args.into)])
    if failed:
        say(f"something is wrong in {', '.join(failed)}: see what they said")
    return 1 if failed else 0


def put_aside(folder: Path) -> None:
    """Keep the results of the run before, for `compare`."""
    folder.mkdir(parents=True, exist_ok=True)
    results = list(folder.glob("*.json"))
    if not results:
        return
    previous = folder / "previous"
    shutil.rmtree(previous, ignore_errors=True)
    previous.mkdir()
    for path in results:
        path.rename(previous / path.name)

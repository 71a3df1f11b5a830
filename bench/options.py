"""What every subcommand takes."""

import argparse
from pathlib import Path

from bench.crowd import PROCESSES
from bench.cuadrante import PROGRAM


def options(name: str, says: str | None) -> argparse.ArgumentParser:
    """A parser with the options that all of them have."""
    parser = argparse.ArgumentParser(
        prog=f"python -m bench {name}",
        description=says,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", metavar="FILE", help="write the figures as JSON; - is stdout")
    parser.add_argument(
        "--program",
        type=Path,
        default=PROGRAM,
        help="the server.py to measure, such as build/fast/server.py",
    )
    parser.add_argument("--processes", type=int, default=PROCESSES, help="of the load generator")
    return parser

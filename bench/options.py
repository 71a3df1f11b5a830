"""What every subcommand takes."""

import argparse

from bench.crowd import PROCESSES


def options(name: str, says: str | None) -> argparse.ArgumentParser:
    """A parser with the options that all of them have."""
    parser = argparse.ArgumentParser(
        prog=f"python -m bench {name}",
        description=says,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", metavar="FILE", help="write the figures as JSON; - is stdout")
    parser.add_argument("--processes", type=int, default=PROCESSES, help="of the load generator")
    return parser

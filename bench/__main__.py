"""`python -m bench SUBCOMMAND`: each is a module with a `main`, which tells what it does."""

import sys
from importlib import import_module
from typing import Final

from bench.failures import BenchFailed
from dispatch.store.errors import Refused, StoreUnavailable
from dispatch.supervise.postgres_layout import EmbeddedPostgresError, PostgresMissingError

SUBCOMMANDS: Final = {
    "all": "every one of them, and a report: `make bench`",
    "report": "a page of the last run, with plots",
    "compare": "the last run against the one before, by ratio to the floor",
    "serve": "a server with the scenarios' city, for locust --host",
    "locust": "scenarios of a city, headless, on budgets",
    "capacity": "the rate at which p99 to the handheld passes 10 ms",
    "connections": "memory of idle connections, and time and CPU to connect",
    "growth": "CPU a signal against connections, open alerts, quadrants, devices",
    "storm": "everybody is cut off and comes back, while presses go on",
    "floor": "how many times the bare reads and writes the server takes",
    "latency": "press to handheld and to stored receipt at a fixed rate",
    "gateway": "what 10,000 alarm panels cost, and how much later their presses are",
    "peers": "the same job on what one would pick instead",
    "locate": "how long a place takes to find its quadrant",
    "journal": "how long until an entry is on the disk",
    "recovery": "from the start of the process to the first press after a crash",
}


MODULES: Final = {"locust": "scenarios"}
"""Where a subcommand is in a file of another name: a `locust.py` would hide the library."""


def module_of(name: str) -> str:
    """The module of a subcommand."""
    return f"bench.{MODULES.get(name, name)}"


def main() -> int:
    """Run one of them."""
    name = sys.argv[1] if len(sys.argv) > 1 else "--help"
    if name not in SUBCOMMANDS:
        print(__doc__)
        print("\n".join(f"  {each:<12} {says}" for each, says in SUBCOMMANDS.items()))
        return 0 if name in ("-h", "--help") else 2
    try:
        return int(import_module(module_of(name)).main(sys.argv[2:]) or 0)
    except (
        BenchFailed,
        Refused,
        StoreUnavailable,
        EmbeddedPostgresError,
        PostgresMissingError,
    ) as error:
        print(f"bench {name}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())

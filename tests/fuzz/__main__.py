"""All targets, or one: `python -m tests.fuzz [--inputs N] [--only NAME] [--seed N]`.

Ends with 1 if anything is wrong, and prints the input that it is wrong with.
"""

import argparse
import sys

from tests.fuzz.run import Outcome, run
from tests.fuzz.targets import CANARIES, TARGETS


def main() -> int:
    """Try each target in turn, and say what was found."""
    options = _options()
    outcomes = [_try(name, options) for name in options.only or TARGETS]
    return 1 if any(outcome.failed for outcome in outcomes) else 0


def _try(name: str, options: argparse.Namespace) -> Outcome:
    def tell(line: str) -> None:
        print(f"{name}: {line}", flush=True)  # noqa: T201

    outcome = run({**TARGETS, **CANARIES}[name], options.inputs, options.seed, tell)
    if outcome.failed:
        tell(outcome.said)
    if outcome.offending is not None:
        tell(f"the input: bytes.fromhex({outcome.offending.hex()!r})  # {outcome.offending!r}")
    tell(outcome.text)
    return outcome


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000, help="how many for each target")
    parser.add_argument(
        "--only", choices=[*TARGETS, *CANARIES], action="append", help="this one; may recur"
    )
    parser.add_argument("--seed", type=int, default=1, help="the same tries the same inputs")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

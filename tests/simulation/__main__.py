"""Play many seeds, or one again: `python -m tests.simulation --seeds 10000`."""

import argparse
import sys
import time

from tests.simulation.canaries import CANARIES
from tests.simulation.plan import STEPS, Plan
from tests.simulation.run import report, run

PROGRESS_EVERY_S = 10.0


def main() -> int:
    """Say what was found; exit non-zero if anything was."""
    options = _options()
    if options.seed is not None:
        return _again(_plan(options, options.seed))
    began_s = told_s = time.monotonic()
    failures = []
    for number, seed in enumerate(range(options.first, options.first + options.seeds), 1):
        failure = run(_plan(options, seed)).failure
        if failure is not None:
            failures.append(failure)
            print(f"seed {seed}: {failure.text}", flush=True)  # noqa: T201
            if len(failures) <= options.reports:
                print(report(failure), flush=True)  # noqa: T201
        now_s = time.monotonic()
        if now_s - told_s > PROGRESS_EVERY_S or number == options.seeds:
            told_s = now_s
            rate = number / (now_s - began_s)
            said = f"{number} of {options.seeds} seeds, {rate:.1f}/s, {len(failures)} failed"
            print(said, flush=True)  # noqa: T201
    return 1 if failures else 0


def _again(plan: Plan) -> int:
    outcome = run(plan, traced=True)
    for line in outcome.trace:
        print(line)  # noqa: T201
    said = outcome.failure.text if outcome.failure else "no promise was broken"
    print(f"{said}\nfingerprint {outcome.fingerprint}, {outcome.things_done} things done")  # noqa: T201
    return 1 if outcome.failure else 0


def _plan(options: argparse.Namespace, seed: int) -> Plan:
    return Plan(
        seed,
        options.steps,
        frozenset(name for name in options.without.split(",") if name),
        frozenset(int(step) for step in options.skip.split(",") if step),
        options.canary,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many seeds to play")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--reports", type=int, default=1, help="failures to shorten and tell")
    parser.add_argument("--seed", type=int, help="play this one, and tell all of it")
    parser.add_argument("--steps", type=int, default=STEPS, help="how much happens in each")
    parser.add_argument("--without", default="", help="kinds of acts and clients to leave out")
    parser.add_argument("--skip", default="", help="numbers of single steps to leave out")
    parser.add_argument("--canary", choices=CANARIES, help="plant this bug")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

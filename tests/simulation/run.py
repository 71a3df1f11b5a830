"""Playing one plan, and finding the shortest that fails alike."""

import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from structlog.testing import capture_logs

from tests.simulation.acts import ACTS, play
from tests.simulation.canaries import planted
from tests.simulation.plan import Plan
from tests.simulation.rules import Broken
from tests.simulation.world import CALLERS, HANDHELDS, SCREENS, World


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong: `rule` is the promise, or the line of code that raised."""

    plan: Plan
    rule: str
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a plan. The same plan has the same fingerprint."""

    failure: Failure | None
    fingerprint: str
    things_done: int
    trace: tuple[str, ...] = ()


def run(plan: Plan, *, traced: bool = False) -> Outcome:
    """Play one plan to its end, or to the first broken promise."""
    trace: list[str] | None = [] if traced else None
    failure = None
    world = None
    with capture_logs(), planted(plan.canary):
        try:
            world = World(plan, trace)
            play(world)
        except Exception as error:  # whatever it is, it is what we look for
            failure = Failure(plan, _rule(error), f"{type(error).__name__}: {error}")
    fingerprint = world.fingerprint() if world else ""
    return Outcome(failure, fingerprint, world.agenda.done if world else 0, tuple(trace or ()))


def shortest(failure: Failure) -> Failure:
    """Leave out of a failing plan whatever it fails alike without.

    First the end of the story, then kinds of acts and clients, then single steps.
    """
    best = failure

    def still_fails(plan: Plan) -> bool:
        nonlocal best
        found = run(plan).failure
        if found is None or found.rule != failure.rule:
            return False
        best = found
        return True

    _fewer_steps(lambda: best, still_fails)
    for name in (*ACTS, *CALLERS, *HANDHELDS, *SCREENS):
        still_fails(replace(best.plan, without=best.plan.without | {name}))
    for step in reversed(range(best.plan.steps)):
        still_fails(replace(best.plan, skipped=best.plan.skipped | {step}))
    _fewer_steps(lambda: best, still_fails)
    return best


def report(failure: Failure) -> str:
    """Say what failed, the shortest story in which it does, and how to play it again."""
    short = shortest(failure)
    trace = run(short.plan, traced=True).trace
    return "\n".join(
        (
            f"seed {failure.plan.seed} broke a promise: {failure.text}",
            f"the shortest story in which it does ({short.text}):",
            *trace,
            f"again: {short.plan.command()}",
            f"whole: {failure.plan.command()}",
        )
    )


def _fewer_steps(best: Callable[[], Failure], still_fails: Callable[[Plan], bool]) -> None:
    """Search for the smallest number of steps by halving."""
    low, high = 0, best().plan.steps
    while low < high:
        middle = (low + high) // 2
        if still_fails(replace(best().plan, steps=middle)):
            high = middle
        else:
            low = middle + 1


def _rule(error: Exception) -> str:
    if isinstance(error, Broken):
        return error.rule
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}: {frame.line}"

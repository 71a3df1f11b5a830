"""Many cities, each drawn from a seed, in which everything goes wrong; and proof that we would see.

`python -m tests.simulation --seeds 10000` plays more of them, for the night.
"""

import pytest

from tests.simulation.canaries import CANARIES
from tests.simulation.plan import Plan
from tests.simulation.run import Failure, report, run, shortest

SEEDS = range(240)
TOGETHER = 24


@pytest.mark.parametrize("first", SEEDS[::TOGETHER])
def test_no_promise_is_broken_whatever_goes_wrong(first: int) -> None:
    for seed in range(first, first + TOGETHER):
        failure = run(Plan(seed)).failure
        if failure is not None:
            pytest.fail(report(failure), pytrace=False)


def test_the_same_seed_makes_the_same_trace() -> None:
    for seed in SEEDS[:8]:
        one, other = run(Plan(seed)), run(Plan(seed), traced=True)
        assert one.fingerprint == other.fingerprint, f"seed {seed}"
        assert one.things_done == other.things_done
    fingerprints = {run(Plan(seed)).fingerprint for seed in SEEDS[:8]}
    assert len(fingerprints) == 8


def test_the_stories_are_worth_their_names() -> None:
    """Every kind of thing happens, or nothing is proved."""
    told = "\n".join(line for seed in SEEDS[:40] for line in run(Plan(seed), traced=True).trace)
    for words in (
        "signal first", "signal retransmission", "signal repeat_press", "signal corroboration",
        "denied signal_id_conflict", "escalated repeated", "escalated widened",
        "escalated supervisors", "escalated insisted", "escalated arrival_overdue",
        "closed automatic", "owner_lost off_duty", "owner_lost revoked", "is removed",
        "storm", "is killed", "has booted", "stands still", "disk_full", "sync_failed",
        "an fsync takes", "PostgreSQL is dead", "PostgreSQL's answers are lost", "wall clock",
        "siren sounding", "siren unreachable", "siren failed", "siren silent", "silenced",
        "picture", "accepted assigned", "messaged", "message_shown", "is moved to",
        "is given a new token", "edition 2025",
        "is cut", "hangs up", "falls silent", "is heard again", "is switched off",
        "trouble_opened missing", "trouble_closed missing", "trouble_opened tamper",
        "trouble_closed tamper",
        "sleeps", "pushed absent", "pushed unconfirmed", "pushed news",
    ):  # fmt: skip
        assert words in told, words


def caught(canary: str) -> Failure:
    """The first failure that a planted bug causes within the default seeds."""
    for seed in SEEDS:
        failure = run(Plan(seed, canary=canary)).failure
        if failure is not None:
            return failure
    pytest.fail(f"{canary} was not caught by {len(SEEDS)} seeds", pytrace=False)


@pytest.mark.parametrize(
    ("canary", "rule"),
    [
        ("receipt_before_commit", "nobody is told stored before it is"),
        ("forget_deadlines", "nobody will look at"),
        ("forget_fronts", "at those of"),
        ("one_boot", "a siren is to sound for longer than it may"),
        ("forget_messages", "what was said and stored is not lost"),
        ("tell_no_latecomer", "hears what is of use"),
        ("give_to_anyone", "is off duty"),
        ("failed_is_forgotten", "something still waits to be stored"),
        ("drain_skips", "in quiet, all copies agree"),
        ("merge_conflict", "in quiet, all copies agree"),
        ("forget_the_kit", "what is wrong outlives a crash"),
        ("excuse_nobody", "nobody is judged while it cannot be heard"),
        ("deaf_to_silence", "who is silent for twice its interval is missing"),
        ("wall_timers", "nothing unanswered is left un-escalated"),
        ("every_kind_sounds", "a silent press sounds no siren"),
        ("sirens_have_no_end", "nobody will look at the sirens"),
        ("wakes_everyone", "is woken"),
        ("stay_on_duty", "nobody who went off duty is woken"),
    ],
)
def test_a_known_bug_is_caught_and_told(canary: str, rule: str) -> None:
    failure = caught(canary)
    told = report(failure)
    assert f"seed {failure.plan.seed} broke a promise" in told
    assert f"--seed {failure.plan.seed} " in told
    assert f"--canary {canary}" in told
    assert rule in told


def test_every_canary_is_tested() -> None:
    assert set(CANARIES) == {
        "receipt_before_commit",
        "forget_deadlines",
        "forget_fronts",
        "one_boot",
        "forget_messages",
        "tell_no_latecomer",
        "give_to_anyone",
        "failed_is_forgotten",
        "drain_skips",
        "merge_conflict",
        "forget_the_kit",
        "excuse_nobody",
        "deaf_to_silence",
        "wall_timers",
        "every_kind_sounds",
        "sirens_have_no_end",
        "wakes_everyone",
        "stay_on_duty",
    }


def test_a_failure_is_told_by_its_shortest_story() -> None:
    failure = caught("receipt_before_commit")
    short = shortest(failure)
    assert short.rule == failure.rule
    assert short.plan.steps <= failure.plan.steps
    assert run(short.plan).failure == short
    whole, brief = run(failure.plan, traced=True), run(short.plan, traced=True)
    assert len(brief.trace) < len(whole.trace) / 2

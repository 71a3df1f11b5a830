"""What happens, and when, to an alert that nobody answers.

Policies are data: for each kind, the steps and the seconds after the alert was left without an
owner. After the last step the alert is insisted upon, for as long as it stays unanswered.
"""

from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from dispatch.core.alert import Alert
from dispatch.core.limits import ARRIVAL_DEADLINE_S, ARRIVAL_GRACE, ARRIVAL_GRACE_MIN_S
from protocol.vocabulary import Kind, Step


@dataclass(frozen=True, slots=True)
class Policy:
    """`steps` are (seconds after raising, step), in order; then every `insist_every_s`.

    A test calls nobody again and closes by itself after `closes_after_s`.
    """

    steps: tuple[tuple[float, Step], ...] = ()
    insist_every_s: float | None = None
    closes_after_s: float | None = None


URGENT: Final = Policy(
    steps=((10.0, Step.REPEATED), (20.0, Step.WIDENED), (40.0, Step.SUPERVISORS)),
    insist_every_s=30.0,
)
DRILL: Final = Policy(closes_after_s=60.0)

POLICIES: Final = MappingProxyType(
    {
        Kind.PANIC: URGENT,
        Kind.SILENT: URGENT,
        Kind.MEDICAL: URGENT,
        Kind.FIRE: URGENT,
        Kind.INTRUSION: URGENT,
        Kind.TEST: DRILL,
    }
)


def arm(alert: Alert, now_s: float) -> None:
    """Start the policy of an alert that has no owner, from its beginning."""
    policy = POLICIES[alert.kind]
    alert.rounds = 0
    alert.step = Step.NONE
    first_s = policy.steps[0][0] if policy.steps else policy.closes_after_s
    alert.escalate_at_s = None if first_s is None else now_s + first_s


def disarm(alert: Alert) -> None:
    """Stop escalating, for somebody answers. A drill still ends by itself."""
    if POLICIES[alert.kind].closes_after_s is None:
        alert.escalate_at_s = None


def take_steps(alert: Alert, now_s: float) -> list[Step]:
    """Take every step that is due, in order, and arm the next. None of them: the drill is over.

    Each step counts from when the one before was due, so that lateness does not add up. Whoever is
    late by whole rounds of insisting insists once: the rounds that nobody heard are not made up.
    """
    policy = POLICIES[alert.kind]
    due_s = alert.escalate_at_s
    assert due_s is not None, "only an armed alert has a step to take"  # noqa: S101
    taken: list[Step] = []
    while policy.steps and due_s <= now_s:
        alert.step = _step(policy, alert.rounds)
        alert.rounds += 1
        taken.append(alert.step)
        wait_s = _until_next_s(policy, alert.rounds)
        due_s += wait_s
        if alert.step is Step.INSISTED and due_s <= now_s:
            due_s = now_s + wait_s
    alert.escalate_at_s = due_s
    return taken


def _step(policy: Policy, rounds: int) -> Step:
    return policy.steps[rounds][1] if rounds < len(policy.steps) else Step.INSISTED


def _until_next_s(policy: Policy, rounds: int) -> float:
    """Return the seconds between a step, the last of so many rounds, and the next."""
    if rounds < len(policy.steps):
        return policy.steps[rounds][0] - policy.steps[rounds - 1][0]
    assert policy.insist_every_s is not None, "an unanswered alert is never left alone"  # noqa: S101
    return policy.insist_every_s


def arrival_deadline_s(eta_s: int | None) -> float:
    """Return the seconds after accepting when an owner that has not arrived is overdue."""
    if eta_s is None:
        return ARRIVAL_DEADLINE_S
    return max(eta_s * ARRIVAL_GRACE, ARRIVAL_GRACE_MIN_S)

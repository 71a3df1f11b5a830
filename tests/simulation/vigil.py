"""Watches that no alert is raised higher too early, twice, or too late: in true time, from facts.

It knows the policy of escalation and nothing of how the core keeps it. What a crash takes from the
core's memory it takes from the vigil's: of each alert both go on from the newest line on the disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dispatch.core.alert import Alert
from dispatch.core.escalation import POLICIES, arrival_deadline_s
from dispatch.core.facts import Fact, FactKind
from dispatch.core.limits import ARRIVAL_GRACE_MIN_S
from protocol.vocabulary import Kind, Step, Verdict
from tests.simulation.rules import Broken

EARLY = "no step of escalation is early"
TWICE = "each step of escalation fires once"
LATE = "nothing unanswered is left un-escalated"
ROUNDING_S = 0.005
SLACK_S = 0.5
"""What a core that is awake may be late by: its ticker's lag, and the loop's."""


@dataclass(frozen=True, slots=True)
class Duty:
    """What is owed to one open alert. Times are true ones."""

    kind: Kind
    since_s: float | None
    """Since when nobody answers; a drill's end counts from here though somebody does."""
    fired: tuple[Step, ...] = ()
    fired_s: float = 0.0
    arrival_s: float | None = None
    """When its owner is overdue."""

    def next_s(self) -> float | None:
        """Return when it has to be raised next, at the earliest."""
        policy = POLICIES[self.kind]
        if self.since_s is None:
            return self.arrival_s
        if policy.closes_after_s is not None:
            return self.since_s + policy.closes_after_s
        if len(self.fired) < len(policy.steps):
            return self.since_s + policy.steps[len(self.fired)][0]
        assert policy.insist_every_s is not None
        rounds = len(self.fired) - len(policy.steps) + 1
        return self.since_s + policy.steps[-1][0] + rounds * policy.insist_every_s

    def last_s(self) -> float | None:
        """Return by when it has to be raised: rounds that nobody heard are not made up."""
        next_s, policy = self.next_s(), POLICIES[self.kind]
        if next_s is not None and self.since_s is not None and Step.INSISTED in self.fired:
            return max(next_s, self.fired_s + (policy.insist_every_s or 0.0))
        return next_s

    def moved(self, by_s: float) -> "Duty":
        """Return it with all times moved."""
        return replace(
            self,
            since_s=None if self.since_s is None else self.since_s + by_s,
            fired_s=self.fired_s + by_s,
            arrival_s=None if self.arrival_s is None else self.arrival_s + by_s,
        )


@dataclass(frozen=True, slots=True)
class Kept:
    """A duty as it was when its alert was appended: by true time, by the wall, in which boot."""

    duty: Duty | None
    at_s: float
    wall_ms: int
    boot: int

    def again(self, now_s: float, wall_ms: int, boot: int) -> Duty | None:
        """Return it after a restart. Only the wall clock can say how long a reboot took."""
        if self.duty is None or boot == self.boot:
            return self.duty
        believed_s = max(0.0, (wall_ms - self.wall_ms) / 1000)
        return self.duty.moved((now_s - self.at_s) - believed_s)


class Vigil:
    """The duties to all open alerts of one life of the core."""

    def __init__(self, duties: Mapping[str, Duty] | None = None) -> None:
        self.duties = dict(duties or {})

    def take(self, fact: Fact, alert: Alert | None, now_s: float) -> None:
        """Take a fact of the core's, and judge whether its time had come."""
        alert_id = fact.alert_id
        if alert_id is None or alert is None:
            return
        duty = self.duties.get(alert_id)
        match fact.kind:
            case FactKind.SIGNAL if fact.reason == Verdict.FIRST:
                self.duties[alert_id] = Duty(alert.kind, now_s)
            case FactKind.CLOSED:
                if fact.reason == "automatic":
                    self._check(duty, "its end", alert_id, now_s)
                self.duties.pop(alert_id, None)
            case FactKind.OWNER_LOST:
                self.duties[alert_id] = Duty(alert.kind, now_s)
            case FactKind.ACCEPTED | FactKind.ARRIVED if duty is not None:
                is_drill = duty.kind is Kind.TEST
                arrival_s = None
                if fact.kind is FactKind.ACCEPTED and alert.owner is not None:
                    arrival_s = now_s + arrival_deadline_s(alert.owner.eta_s)
                since_s = duty.since_s if is_drill else None
                self.duties[alert_id] = Duty(duty.kind, since_s, arrival_s=arrival_s)
            case FactKind.ESCALATED if duty is not None:
                self._escalated(alert_id, duty, fact.reason, now_s)

    def check_nothing_is_late(self, now_s: float, awake_since_s: float) -> None:
        """Raise `Broken` if something was due and not done by a core that could."""
        for alert_id, duty in self.duties.items():
            due_s = duty.last_s()
            if due_s is not None and max(due_s, awake_since_s) + SLACK_S < now_s:
                raise Broken(LATE, f"{alert_id[-4:]} should have been raised at {due_s:.2f} s")

    def _escalated(self, alert_id: str, duty: Duty, reason: str, now_s: float) -> None:
        if reason == "arrival_overdue":
            if duty.arrival_s is None or now_s < duty.arrival_s - ROUNDING_S:
                raise Broken(EARLY, f"{alert_id[-4:]}'s owner is called overdue too early")
            self.duties[alert_id] = replace(duty, arrival_s=now_s + ARRIVAL_GRACE_MIN_S)
            return
        step = Step(reason)
        if duty.since_s is None:
            raise Broken(EARLY, f"{alert_id[-4:]} was {step} though somebody answers")
        if step is not Step.INSISTED and step in duty.fired:
            raise Broken(TWICE, f"{alert_id[-4:]} was {step} twice")
        self._check(duty, step, alert_id, now_s)
        self.duties[alert_id] = replace(duty, fired=(*duty.fired, step), fired_s=now_s)

    @staticmethod
    def _check(duty: Duty | None, what: str, alert_id: str, now_s: float) -> None:
        next_s = None if duty is None else duty.next_s()
        if next_s is None or now_s < next_s - ROUNDING_S:
            raise Broken(EARLY, f"{alert_id[-4:]}: {what} at {now_s:.2f} s, due at {next_s}")

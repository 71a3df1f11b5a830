"""When to start a dead child again, and when to stop trying. Pure: times are arguments."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from dispatch.supervise.exit_codes import ExitCode


@dataclass(frozen=True)
class RestartPolicy:
    """Exponential back-off between restarts, and how many failures in a row are too many.

    Raises `ValueError` when the window is too short for the back-off to ever reach the limit.
    """

    first_delay_s: float = 0.25
    factor: float = 2.0
    max_delay_s: float = 15.0
    jitter_share: float = 0.2
    stable_after_s: float = 30.0
    max_failures: int = 5
    window_s: float = 180.0
    hopeless_delay_s: float = 60.0
    """For a child that is not given up, but has failed `max_failures` times in a row."""

    def __post_init__(self) -> None:
        """Refuse a policy that can never give up: it would hide a dead child for good."""
        waits_s = sum(self.delay_s(nth, jitter=1.0) for nth in range(1, self.max_failures))
        if waits_s >= self.window_s:
            raise ValueError(
                f"{self.max_failures} failures need {waits_s:.0f} s of back-off alone: "
                f"window_s={self.window_s:.0f} never holds them all"
            )

    def delay_s(self, nth: int, *, jitter: float) -> float:
        """Wait before the restart after the `nth` failure in a row; `jitter` lies in [0, 1].

        Jitter only shortens, so children that died together do not come back together.
        """
        # Bounded before the power: a large `nth` must not overflow.
        steps = min(nth - 1, 64)
        delay_s = min(self.first_delay_s * self.factor**steps, self.max_delay_s)
        return delay_s * (1.0 - self.jitter_share * jitter)


@dataclass(frozen=True)
class Failure:
    """One unwanted end of a child: when (monotonic seconds) and why."""

    at_s: float
    reason: str


class GaveUpError(Exception):
    """A child failed too often, or in a way that no restart cures; the others were drained.

    `failures` holds its recent ends, oldest first. A program that ends for it should print the
    message and exit with `exit_code`.
    """

    exit_code = ExitCode.GAVE_UP

    def __init__(self, child: str, failures: Sequence[Failure], *, curable: bool) -> None:
        """Put the history and what to do into one readable message."""
        self.child = child
        self.failures = tuple(failures)
        last = self.failures[-1]
        history = "\n".join(
            f"  {failure.at_s - last.at_s:+8.1f} s  {failure.reason}" for failure in self.failures
        )
        cause = "no restart cures this" if not curable else f"{len(self.failures)} failures"
        super().__init__(
            f"gave up on {child!r} ({cause}):\n{history}\n"
            f"Read what {child!r} wrote above, remove the cause, then start again."
        )


@dataclass
class FailureRecord:
    """One child's recent failures. Holds at most `policy.max_failures` of them."""

    policy: RestartPolicy
    recent: list[Failure] = field(default_factory=list)
    in_a_row: int = 0

    def add(self, failure: Failure, *, ran_for_s: float) -> None:
        """Count a failure of a child that had been ready for `ran_for_s`."""
        self.in_a_row = 1 if ran_for_s >= self.policy.stable_after_s else self.in_a_row + 1
        since_s = failure.at_s - self.policy.window_s
        kept = [earlier for earlier in self.recent if earlier.at_s > since_s]
        self.recent = [*kept, failure][-self.policy.max_failures :]

    @property
    def is_hopeless(self) -> bool:
        """Whether it has failed that often since it last worked steadily, however slowly."""
        return self.in_a_row >= self.policy.max_failures

    @property
    def exhausted(self) -> bool:
        """Whether the window holds as many failures as the policy bears."""
        return len(self.recent) >= self.policy.max_failures

    def next_delay_s(self, *, jitter: float) -> float:
        """Wait before the next start, given the failures counted so far."""
        return self.policy.delay_s(self.in_a_row, jitter=jitter)

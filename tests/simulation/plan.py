"""What a simulation is to do: all that is needed to do it again."""

from dataclasses import dataclass

STEPS = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """A seed, and what of its story is played."""

    seed: int
    steps: int = STEPS
    without: frozenset[str] = frozenset()
    """Kinds of acts, and clients, that are left out."""
    skipped: frozenset[int] = frozenset()
    """Single steps that are left out."""
    canary: str | None = None

    def command(self) -> str:
        """Return how to play it again."""
        words = ["python -m tests.simulation", f"--seed {self.seed}", f"--steps {self.steps}"]
        if self.without:
            words.append(f"--without {','.join(sorted(self.without))}")
        if self.skipped:
            words.append(f"--skip {','.join(str(step) for step in sorted(self.skipped))}")
        if self.canary:
            words.append(f"--canary {self.canary}")
        return " ".join(words)

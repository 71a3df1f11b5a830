"""Why there are no figures: shown to people as a sentence."""


class BenchFailed(Exception):  # noqa: N818
    """A figure would say nothing."""


class DoesNotStart(BenchFailed):
    """What was to be measured did not come up; the message has its last words."""


class GeneratorFailed(BenchFailed):
    """A generator process ended, or met what it cannot go on with."""


class TooManySenders(BenchFailed):
    """The city has no more places that are far enough from one another."""

"""What a simulated city must never do, and how it says so when it did."""


class Broken(AssertionError):  # noqa: N818 - a promise is, and it is named so
    """A promise was broken. `rule` names it; the text says by whom and how."""

    def __init__(self, rule: str, how: str) -> None:
        super().__init__(f"{rule}: {how}")
        self.rule = rule

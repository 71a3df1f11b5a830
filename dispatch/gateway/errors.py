"""What keeps a gateway from starting."""


class CannotListen(Exception):  # noqa: N818 - it is shown as a sentence
    """The port cannot be opened; the message says why and what to do."""

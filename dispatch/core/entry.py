"""One line of the journal: what was decided, and what its alert or device has become by it."""

from typing import Final

from msgspec import Struct

MESSAGE: Final = "message/"
"""Before the id of a message to a front, where a line is about that: no id has a slash."""


class Entry(Struct, frozen=True, gc=False):
    """A fact, in the words of `dispatch.core.facts`, and the whole state of its subject after it.

    The subject is the alert (or the message to a front, its id behind `MESSAGE` in `alert_id`) or,
    where there is none, the device. `state` is as
    `dispatch.core.snapshot` writes it (opaque to the journal): of each subject the newest one is
    all that recovery needs. None for facts that change neither.
    """

    kind: str
    at_ms: int
    reason: str = ""
    device_id: str | None = None
    alert_id: str | None = None
    person_id: str | None = None
    took_ms: int | None = None
    version: int = 0
    """The alert's version after it."""
    is_open: bool = True
    """Whether the alert is open, or the device watched, after it."""
    state: bytes | None = None
    view: bytes | None = None
    """For those who query, as JSON: the alert as people are shown it (the wire's `alert` frame), or
    what is known of the device (`dispatch.core.kit_view`)."""

"""One line of the journal: what was decided, and what the alert has become by it."""

from msgspec import Struct


class Entry(Struct, frozen=True):
    """A fact, in the words of `dispatch.core.facts`, and the alert's whole state after it.

    `state` is the alert as `dispatch.core.snapshot` writes it (opaque to the journal), so that the
    newest entry of an alert is all that recovery needs. None for facts that belong to no alert.
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
    """Whether the alert is open after it."""
    state: bytes | None = None
    view: bytes | None = None
    """The alert as people are shown it (JSON, the wire's `alert` frame), for those who query."""

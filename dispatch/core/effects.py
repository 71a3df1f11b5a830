"""What the core wants done. The edge applies effects in order; the core never waits for them.

Devices and sessions are named by id, never by socket, so that edges may one day be other processes.
"""

from msgspec import Struct

from dispatch.core.entry import Entry
from dispatch.core.facts import Fact
from protocol.close_codes import CloseCode
from protocol.messages import AnyServerMessage, PushTarget


class Send(Struct, frozen=True, gc=False):
    """One frame, encoded once, to every device named that is connected."""

    devices: tuple[str, ...]
    message: AnyServerMessage
    first_of: str | None = None
    """Set on the first fan-out of this alert: the core wants to hear when it was `Written`."""
    json: bytes | None = None
    """The message as it is written on the wire, where it was written already for the journal."""


class Reply(Struct, frozen=True, gc=False):
    """One frame to a session, whether or not its device is known yet."""

    session_id: int
    message: AnyServerMessage


class CloseSession(Struct, frozen=True, gc=False):
    """End a session after what was already sent to it."""

    session_id: int
    code: CloseCode


class IssueToken(Struct, frozen=True, gc=False):
    """Make a token for this device, keep its digest, and only then tell the session."""

    session_id: int
    device_id: str


class KeepPushAddress(Struct, frozen=True, gc=False):
    """Keep how a device is woken; the registry's feed brings it back. It says so if it cannot."""

    device_id: str
    target: PushTarget
    at_ms: int
    ref: str | None


class DropPushAddress(Struct, frozen=True, gc=False):
    """Forget one way in which a device was woken."""

    device_id: str
    endpoint: str


class Record(Struct, frozen=True, gc=False):
    """A fact to put on the record."""

    fact: Fact


class Append(Struct, frozen=True, gc=False):
    """Lines for the journal. `presses`, (alert id, signal id), wait to hear that they are stored.

    The core is told by the event `Stored`, or `NotStored`.
    """

    entries: tuple[Entry, ...]
    presses: tuple[tuple[str, str], ...] = ()


Effect = (
    Append | Send | Reply | CloseSession | IssueToken | KeepPushAddress | DropPushAddress | Record
)

"""What happens to the core. Changes of the registry (`dispatch.core.registry`) are events too."""

from msgspec import Struct

from dispatch.core.registry import Change
from protocol.messages import AnyClientMessage


class Connected(Struct, frozen=True, gc=False):
    """A device proved who it is. `on_duty` is what its `hello` said of duty, if anything."""

    session_id: int
    device_id: str
    on_duty: bool | None = None


class Disconnected(Struct, frozen=True, gc=False):
    """A greeted session ended."""

    session_id: int
    device_id: str


class Received(Struct, frozen=True, gc=False):
    """A greeted device said something."""

    device_id: str
    message: AnyClientMessage
    received_at_ms: int
    """When its bytes were read, by the wall clock: earlier than now if we were busy."""


class Written(Struct, frozen=True, gc=False):
    """The first fan-out of an alert was handed to the network."""

    alert_id: str


class TokenKept(Struct, frozen=True, gc=False):
    """A device's new token is safely stored; it may greet with it from now on."""

    device_id: str
    token_hash: bytes


class Stored(Struct, frozen=True, gc=False):
    """These presses, (alert id, signal id), are safely where they must be.

    So are messages to fronts: (`entry.MESSAGE` and the id, the id)."""

    presses: tuple[tuple[str, str], ...]


class Journaled(Struct, frozen=True, gc=False):
    """These presses are in the journal, but the database, which must have them too, is away."""

    presses: tuple[tuple[str, str], ...]


class NotStored(Struct, frozen=True, gc=False):
    """These presses could not be stored. They were dispatched; their senders should know."""

    presses: tuple[tuple[str, str], ...]


class KeepAgain(Struct, frozen=True, gc=False):
    """What became of these did not get into the journal, which may take it by now."""

    alert_ids: tuple[str, ...]
    device_ids: tuple[str, ...] = ()


class Tick(Struct, frozen=True, gc=False):
    """Time has passed: do what is due, of one alert. Asked again while the deadline has passed."""


Event = (
    Connected
    | Disconnected
    | Received
    | Written
    | Stored
    | Journaled
    | NotStored
    | KeepAgain
    | TokenKept
    | Tick
    | Change
)

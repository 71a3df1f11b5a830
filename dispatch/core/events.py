"""What happens to the core. Changes of the registry (`dispatch.core.registry`) are events too."""

from dataclasses import dataclass

from dispatch.core.registry import Change
from protocol.messages import AnyClientMessage


@dataclass(frozen=True, slots=True)
class Connected:
    """A device proved who it is. `on_duty` is what its `hello` said of duty, if anything."""

    session_id: int
    device_id: str
    on_duty: bool | None = None


@dataclass(frozen=True, slots=True)
class Disconnected:
    """A greeted session ended."""

    session_id: int
    device_id: str


@dataclass(frozen=True, slots=True)
class Received:
    """A greeted device said something."""

    device_id: str
    message: AnyClientMessage
    received_at_ms: int
    """When its bytes were read, by the wall clock: earlier than now if we were busy."""


@dataclass(frozen=True, slots=True)
class Written:
    """The first fan-out of an alert was handed to the network."""

    alert_id: str


@dataclass(frozen=True, slots=True)
class TokenKept:
    """A device's new token is safely stored; it may greet with it from now on."""

    device_id: str
    token_hash: bytes


@dataclass(frozen=True, slots=True)
class Stored:
    """These presses, (alert id, signal id), are safely where they must be."""

    presses: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Journaled:
    """These presses are in the journal, but the database, which must have them too, is away."""

    presses: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NotStored:
    """These presses could not be stored. They were dispatched; their senders should know."""

    presses: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class KeepAgain:
    """What became of these alerts did not get into the journal, which may take it by now."""

    alert_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tick:
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

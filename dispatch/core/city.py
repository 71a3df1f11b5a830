"""Everything the dispatcher knows of its jurisdiction, in one place with one owner."""

from collections import deque
from dataclasses import dataclass, field

from dispatch.core.alert import Alert
from dispatch.core.board import Board
from dispatch.core.deadlines import Deadlines
from dispatch.core.kit import Kit
from dispatch.core.message_box import MessageBox
from dispatch.core.presence import Presence
from dispatch.core.registry import Registry
from dispatch.core.whereabouts import LastKnown


@dataclass(slots=True)
class City:
    """Who there is, who is here, what is up, and what is due."""

    registry: Registry
    boot: str = ""
    """Names the boot of the machine that the monotonic clock counts from; empty: unknown."""
    picture_key: bytes = field(default=b"", repr=False)
    """Seals the paths of pictures; empty: they are shown without."""
    presence: Presence = field(default_factory=Presence)
    board: Board = field(default_factory=Board)
    deadlines: Deadlines = field(default_factory=Deadlines)
    front_deadlines: Deadlines = field(default_factory=Deadlines)
    """When to see to the front of which alert."""
    push_deadlines: Deadlines = field(default_factory=Deadlines)
    """When to look at which alert for whoever sleeps."""
    kit: Kit = field(default_factory=Kit)
    messages: MessageBox = field(default_factory=MessageBox)
    traded: dict[str, bytes] = field(default_factory=dict)
    """device id -> the digest of the enrolment code that it traded and has not greeted since."""
    changed: dict[str, Alert] = field(default_factory=dict)
    """The alerts that the event at hand has changed so far: what the journal is to keep."""
    unkept: dict[tuple[str, str], None] = field(default_factory=dict)
    """(alert id, signal id) of the presses at hand that wait to hear that they are stored."""
    spoken_for: dict[str, str] = field(default_factory=dict)
    """id of a press or a message -> the console that it came through, until it is stored: it hears
    of it as well."""
    rosters: dict[str, deque[str]] = field(default_factory=dict)
    """gateway id -> the devices behind it that it has not been told of yet."""
    catching_up: dict[str, deque[str]] = field(default_factory=dict)
    """device id of a control room -> the open alerts that it has not been shown yet."""
    came_back: dict[str, None] = field(default_factory=dict)
    """Gateways, sirens and members to be told what still holds, in the order in which they came."""
    sounding: dict[str, dict[str, None]] = field(default_factory=dict)
    """siren id -> the alerts that it is to sound for, or may still be heard in."""
    patrols_told_s: dict[str, float] = field(default_factory=dict)
    """device id of a patrol -> when the control room was last told where it is."""
    last_known: dict[str, LastKnown] = field(default_factory=dict)
    """device id -> the newest position that it reported; at most one a device."""

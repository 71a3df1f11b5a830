"""The messages to fronts that are still of use, and whom each has reached."""

from collections import deque

from msgspec import Struct, field

from dispatch.core.deadlines import Deadlines
from dispatch.core.index import discard
from dispatch.core.limits import MESSAGES_AT_ONCE, MESSAGES_EVERY_S, MESSAGES_PER_FRONT_MAX


class Message(Struct, gc=False):
    """What the control room said to a front. Times ending in `_s` are monotonic; None: not due."""

    message_id: str
    front_id: str
    sender_id: str
    by: str
    """The sender's name, as it was then."""
    body: str
    alert_id: str | None
    sent_at_ms: int
    until_ms: int
    until_s: float
    """From then on it is of no use any more."""
    is_stored: bool = False
    sent_to: dict[str, bool] = field(default_factory=dict)
    """By device id: to whom it was sent -> whether it was shown there."""
    tell_at_s: float | None = None
    """When the control room is told next how far it has got."""
    keep_at_s: float | None = None
    """When the journal is given that."""

    @property
    def shown_by(self) -> int:
        """How many have shown it."""
        return sum(self.sent_to.values())

    @property
    def due_s(self) -> float:
        """When time next does something to it."""
        due = (self.tell_at_s, self.keep_at_s, self.until_s)
        return min(at_s for at_s in due if at_s is not None)


class MessageBox:
    """What was said to which front, who is still to be told, and how fast who may speak."""

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self.deadlines = Deadlines()
        self.untold: deque[tuple[str, deque[str]]] = deque()
        """(message id, devices that are here and have still to be sent it), in turn."""
        self.came_back: dict[str, None] = {}
        """Members who have come, to be sent what they missed."""
        self._of_front: dict[str, dict[str, None]] = {}
        self._allowances: dict[str, tuple[float, float]] = {}
        """Sender -> (how many messages it may send at once, since when)."""

    def add(self, message: Message) -> list[Message]:
        """Keep a message. Returns those that its front has now too many of, oldest first."""
        self.messages[message.message_id] = message
        self.deadlines.remind(message.due_s, message.message_id)
        of_front = self._of_front.setdefault(message.front_id, {})
        of_front[message.message_id] = None
        over = len(of_front) - MESSAGES_PER_FRONT_MAX
        return [self.messages[each] for each in list(of_front)[: max(0, over)]]

    def forget(self, message: Message) -> None:
        """A message is of no use any more."""
        del self.messages[message.message_id]
        discard(self._of_front, message.front_id, message.message_id)

    def of_front(self, front_id: str) -> list[Message]:
        """Return what was said to a front, oldest first."""
        return [self.messages[each] for each in self._of_front.get(front_id, ())]

    def newest(self, count: int) -> list[Message]:
        """Return some of all messages, the newest, oldest first."""
        return list(self.messages.values())[-count:]

    def may_say(self, sender_id: str, now_s: float) -> bool:
        """Spend what a sender is allowed for one message, if it is there."""
        # Whoever has been silent for so long has all of it back, and is one more session or less.
        full_after_s = MESSAGES_AT_ONCE * MESSAGES_EVERY_S
        recent = {
            name: (left, since_s)
            for name, (left, since_s) in self._allowances.items()
            if now_s - since_s < full_after_s
        }
        left, since_s = recent.get(sender_id, (float(MESSAGES_AT_ONCE), now_s))
        left = min(MESSAGES_AT_ONCE, left + (now_s - since_s) / MESSAGES_EVERY_S)
        is_allowed = left >= 1
        recent[sender_id] = (left - 1 if is_allowed else left, now_s)
        self._allowances = recent
        return is_allowed

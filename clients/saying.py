"""What is said to fronts, until the server has stored it, and how far it has got."""

from typing import Final

from clients.answer import Answer
from clients.errors import ActionRefused
from clients.uuid7 import new_signal_id
from link.connection import Link
from link.feed import Feed, Reader
from protocol.messages import AnyServerMessage, Error, MessageFront, MessageReach, Notice
from protocol.vocabulary import NoticeCode

REACHES_KEPT: Final = 50
"""Of so many messages, the newest, it is known how far they have got."""


class Sayings:
    """What is under way, sent again on every connection, and the news of everything said."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._is_synced = False
        self._under_way: dict[str, tuple[MessageFront, Answer[MessageReach]]] = {}
        self._newest: dict[str, MessageReach] = {}
        self._reached: Feed[MessageReach] = Feed()

    async def say(self, front_id: str, body: str, about: str | None) -> MessageReach:
        """Say something, and return once it is stored. Raises `ActionRefused`."""
        message_id = new_signal_id()
        message = MessageFront(
            message_id=message_id, front_id=front_id, body=body, alert_id=about, ref=message_id
        )
        answer: Answer[MessageReach] = Answer()
        self._under_way[message_id] = message, answer
        try:
            if self._is_synced:
                self._link.send(message)
            self._link.hurry()
            reach = await answer.wait()
        finally:
            del self._under_way[message_id]
        assert reach is not None  # noqa: S101 - nothing else is given
        return reach

    def reached(self) -> Reader[MessageReach]:
        """Follow how far each message has got: the newest ones first as they are now."""
        return self._reached.reader(self._newest.items())

    def greeted(self) -> None:
        """What is still of use follows."""
        self._is_synced = False
        self._newest.clear()

    def heard(self, message: AnyServerMessage) -> None:
        """Take how far messages have got, and why one was refused."""
        match message:
            case MessageReach():
                self._take(message)
            case Error(ref=str(ref)) if ref in self._under_way:
                self._under_way[ref][1].fail(ActionRefused(message))
            case Notice(code=NoticeCode.SYNCED):
                self._is_synced = True
                for said, _ in self._under_way.values():
                    self._link.send(said)

    def _take(self, reach: MessageReach) -> None:
        self._newest[reach.message_id] = reach
        if len(self._newest) > REACHES_KEPT:
            del self._newest[next(iter(self._newest))]
        self._reached.put(reach.message_id, reach)
        if reach.stored and reach.message_id in self._under_way:
            self._under_way[reach.message_id][1].give(reach)

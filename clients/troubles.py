"""What is wrong with the kit of a city, or of a coordinator's front, as one screen knows it."""

from collections.abc import Mapping
from types import MappingProxyType

from link.feed import Feed, Reader
from protocol.messages import AnyServerMessage, Notice, Trouble
from protocol.vocabulary import NoticeCode


class Troubles:
    """Takes what the server says of troubles.

    What it sends between its welcome and `synced` are the newest; what was known before and is not
    among them has ended, or is one of the older ones if there are more than it sent.
    """

    def __init__(self) -> None:
        self._open: dict[str, Trouble] = {}
        self._said = 0
        self._seen: set[str] | None = None
        self._news: Feed[Trouble] = Feed()

    @property
    def open(self) -> Mapping[str, Trouble]:
        """The open troubles by id, as a live view."""
        return MappingProxyType(self._open)

    @property
    def count(self) -> int:
        """How many there are, as the server last said: after a storm more than `open` has."""
        return max(self._said, len(self._open))

    def reader(self) -> Reader[Trouble]:
        """Follow them: those open now, then each that opens, and each as it closes."""
        return self._news.reader(self._open.items())

    def greeted(self) -> None:
        """A welcome: the server now sends what is open."""
        self._seen = set()
        self._said = 0

    def heard(self, message: AnyServerMessage) -> None:
        """Take a trouble, how many there are, or that this was all."""
        match message:
            case Trouble():
                self._take(message)
            case Notice(code=NoticeCode.TROUBLES, count=int(count)):
                self._said = count
            case Notice(code=NoticeCode.SYNCED):
                self.synced()

    def synced(self) -> None:
        """That was all."""
        if self._seen is not None and self._said <= len(self._seen):
            self._open = {each: self._open[each] for each in self._open if each in self._seen}
        self._seen = None

    def clear(self) -> None:
        """Nothing of it is this screen's business any more."""
        self._open.clear()
        self._said = 0

    def _take(self, trouble: Trouble) -> None:
        known = self._open.get(trouble.trouble_id)
        if self._seen is not None:
            self._seen.add(trouble.trouble_id)
        if trouble.closed_at_ms is not None:
            self._open.pop(trouble.trouble_id, None)
            self._said -= 1
        else:
            self._open[trouble.trouble_id] = trouble
        if known is None or known.closed_at_ms != trouble.closed_at_ms:
            self._news.put(trouble.trouble_id, trouble)

"""Who may come in: how many connections there may be, and how much each may say."""

from collections import Counter, OrderedDict

from dispatch.gateway.bounds import (
    ADDRESSES_REMEMBERED,
    CONNECTIONS_MAX,
    FRAMES_BURST,
    FRAMES_PER_S,
    STRANGERS_MAX,
    STRANGERS_PER_ADDRESS_MAX,
)
from link.outbound import Allowance


class Pace:
    """How fast one peer may send frames."""

    def __init__(self, now_s: float) -> None:
        self._allowance = Allowance(FRAMES_BURST, FRAMES_PER_S, now_s)

    def allows(self, now_s: float) -> bool:
        """Count a frame, if it may still come."""
        if self._allowance.wait_s(now_s) > 0:
            return False
        self._allowance.spend()
        return True


class Paces:
    """How fast each of many addresses may send: of those that were heard last."""

    def __init__(self) -> None:
        self._of: OrderedDict[object, Pace] = OrderedDict()

    def allows(self, address: object, now_s: float) -> bool:
        """Count a frame of an address, if it may still come."""
        pace = self._of.get(address)
        if pace is None:
            pace = self._of[address] = Pace(now_s)
            if len(self._of) > ADDRESSES_REMEMBERED:
                self._of.popitem(last=False)
        else:
            self._of.move_to_end(address)
        return pace.allows(now_s)


class Door:
    """The connections of one port. Whoever has said something good is no stranger any more."""

    def __init__(self) -> None:
        self.connections = 0
        self._strangers = 0
        self._strangers_of: Counter[str] = Counter()

    def enter(self, address: str) -> bool:
        """Let a stranger in, if there is room."""
        if (
            self.connections >= CONNECTIONS_MAX
            or self._strangers >= STRANGERS_MAX
            or self._strangers_of[address] >= STRANGERS_PER_ADDRESS_MAX
        ):
            return False
        self.connections += 1
        self._strangers += 1
        self._strangers_of[address] += 1
        return True

    def known(self, address: str) -> None:
        """A stranger has said something good."""
        self._strangers -= 1
        self._strangers_of[address] -= 1
        if not self._strangers_of[address]:
            del self._strangers_of[address]

    def leave(self, address: str, *, stranger: bool) -> None:
        """A connection has ended."""
        self.connections -= 1
        if stranger:
            self.known(address)

"""What the devices behind the gateway say is wrong with them, and that the core has taken it.

The core says nothing to a `condition` by itself, so a ping goes after it: the answer says that all
before it was taken. What is wrong is told again to every core that comes anew.
"""

from collections.abc import Callable
from typing import Final

from dispatch.gateway.bounds import CONFIRMATIONS_MAX
from protocol.messages import Condition, Ping, Pong
from protocol.vocabulary import TroubleKind

Send = Callable[[Condition | Ping], bool]
TAKEN: Final = "taken"


class Conditions:
    """Tells the core, and then whoever waits for the core to know."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._present: dict[tuple[str, TroubleKind], None] = {}
        self._waiting: list[Callable[[], None]] = []
        self._asked: list[Callable[[], None]] = []

    def tell(self, device_id: str, trouble: TroubleKind, *, present: bool) -> None:
        """Something is wrong with a device, or is right again."""
        if present:
            self._present[device_id, trouble] = None
        else:
            self._present.pop((device_id, trouble), None)
        self._send(Condition(device_id=device_id, trouble=trouble, present=present))

    def forget(self, device_id: str) -> None:
        """The device is not behind this gateway any more."""
        for trouble in TroubleKind:
            self._present.pop((device_id, trouble), None)

    def when_taken(self, then: Callable[[], None]) -> bool:
        """Call back once the core has taken whatever was sent so far. False: no room."""
        if len(self._waiting) >= CONFIRMATIONS_MAX:
            return False
        self._waiting.append(then)
        self._ask()
        return True

    def greeted(self) -> None:
        """The core is there anew, and may not know what the one before it heard."""
        for device_id, trouble in self._present:
            self._send(Condition(device_id=device_id, trouble=trouble, present=True))

    def lost(self) -> None:
        """The link is down. Whoever waits is told nothing, and so asks again."""
        self._asked.clear()
        self._waiting.clear()

    def answered(self, pong: Pong) -> None:
        """The core has taken everything that came before a ping."""
        if pong.ref != TAKEN:
            return
        done, self._asked = self._asked, []
        for then in done:
            then()
        self._ask()

    def _ask(self) -> None:
        # One ping at a time, for all that came before it: a whole city reports a power cut at once.
        if self._waiting and not self._asked and self._send(Ping(ref=TAKEN)):
            self._asked, self._waiting = self._waiting, []

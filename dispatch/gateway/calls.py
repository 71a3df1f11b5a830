"""Presses of devices behind the gateway, each sent until the core has stored it.

A press is gone from here only when the core has said that it is stored, or that it will never take
it. All else is tried again: a reconnect, silence, a disk that was full.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from dispatch.gateway.bounds import (
    FOLLOWED_MAX,
    STORED_WITHIN_S,
    UNSETTLED_FOR_S,
    UNSETTLED_MAX,
    WATCHERS_PER_CALL_MAX,
)
from protocol.codec import ESSENTIAL_SIGNAL_FIELDS
from protocol.messages import Cancel, Error, Receipt, Signal
from protocol.vocabulary import BLAME, Blame, ErrorCode, Stage

Send = Callable[[Signal | Cancel], bool]
CANCEL_REF: Final = "cancel:"


class Call:
    """One press: what is known of it, and who waits for news."""

    __slots__ = (
        "cancel_refused",
        "due_s",
        "link",
        "made_s",
        "receipt",
        "refused",
        "signal",
        "signal_id",
        "watchers",
    )

    def __init__(self, signal_id: str, signal: Signal | None, now_s: float) -> None:
        self.signal_id = signal_id
        self.signal = signal
        """None: pressed before this gateway started, and only asked about."""
        self.receipt: Receipt | None = None
        self.link = 0
        """On which link to the core the receipt came."""
        self.refused: ErrorCode | None = None
        self.cancel_refused = False
        self.made_s = now_s
        self.due_s = now_s
        self.watchers: list[Callable[[Call], None]] = []

    @property
    def stored(self) -> bool:
        """Whether it survives whatever happens to the core."""
        return self.receipt is not None and self.receipt.stored

    @property
    def closed(self) -> bool:
        """Whether its alert has ended."""
        return self.receipt is not None and self.receipt.stage is Stage.CLOSED

    @property
    def settled(self) -> bool:
        """Whether it need not be sent any more."""
        return self.stored or self.closed or self.refused is not None

    @property
    def cancel_answered(self) -> bool:
        """Whether nothing more will come of taking it back."""
        is_shown = self.receipt is not None and self.receipt.cancel_requested
        return is_shown or self.closed or self.cancel_refused

    def watch(self, watcher: Callable[["Call"], None]) -> None:
        """Have `watcher` called whenever something changes. Of many, the latest count."""
        self.watchers = [*self.watchers, watcher][-WATCHERS_PER_CALL_MAX:]

    def unwatch(self, watcher: Callable[["Call"], None]) -> None:
        """Call it no more."""
        if watcher in self.watchers:
            self.watchers.remove(watcher)


class Calls:
    """All presses that the gateway answers for. `send` says whether there was a link."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._unsettled: dict[str, Call] = {}
        self._followed: OrderedDict[str, Call] = OrderedDict()
        self._link = 0

    @property
    def unsettled(self) -> int:
        """How many presses are not stored yet."""
        return len(self._unsettled)

    def find(self, signal_id: str) -> Call | None:
        """Return a press that is known here."""
        return self._unsettled.get(signal_id) or self._followed.get(signal_id)

    def take(self, signal: Signal, now_s: float) -> Call | None:
        """Send a press on at once; the same again is the one that is known. None: no room."""
        call = self.find(signal.signal_id)
        if call is not None:
            return call
        if len(self._unsettled) >= UNSETTLED_MAX:
            return None
        call = Call(signal.signal_id, signal, now_s)
        self._unsettled[call.signal_id] = call
        self._try(call, now_s)
        return call

    def cancel(self, signal_id: str, now_s: float) -> Call:
        """Ask that a press be shown as taken back. What it has come to is heard by the call."""
        call = self.find(signal_id)
        if call is None:
            call = Call(signal_id, None, now_s)
            self._follow(call)
        self._send(Cancel(signal_id=signal_id, ref=CANCEL_REF + signal_id))
        return call

    def greeted(self, now_s: float) -> None:
        """The core is there anew, and tells nothing of presses that it is not sent."""
        self._link += 1
        for call in self._unsettled.values():
            self._try(call, now_s)

    def beat(self, now_s: float) -> None:
        """Send again what was not stored in time; give up what nobody could take."""
        for call in list(self._unsettled.values()):
            if now_s - call.made_s > UNSETTLED_FOR_S:
                del self._unsettled[call.signal_id]
            elif call.due_s <= now_s:
                self._try(call, now_s)

    def receive(self, receipt: Receipt) -> None:
        """Take what the core says of a press."""
        call = self.find(receipt.signal_id)
        if call is None:
            return
        is_newest = call.receipt is None or receipt.version >= call.receipt.version
        # A core that was killed may have forgotten its last second, and counts from before it.
        if is_newest or call.link != self._link:
            call.receipt, call.link = receipt, self._link
            self._tell(call)

    def blame(self, error: Error, now_s: float) -> None:
        """Take why a press or a cancel was not acted on."""
        ref = error.ref or ""
        call = self.find(ref.removeprefix(CANCEL_REF))
        if call is None:
            return
        if ref.startswith(CANCEL_REF):
            call.cancel_refused = call.cancel_refused or BLAME[error.code] is not Blame.SERVER
            self._tell(call)
        elif BLAME[error.code] is Blame.SERVER:
            call.due_s = now_s + STORED_WITHIN_S
        elif error.code is not ErrorCode.BAD_FIELD or error.field in ESSENTIAL_SIGNAL_FIELDS:
            self._refuse(call, error.code)

    def _refuse(self, call: Call, code: ErrorCode) -> None:
        call.refused = code
        self._tell(call)

    def _try(self, call: Call, now_s: float) -> None:
        assert call.signal is not None  # noqa: S101 - what is unsettled was pressed here
        self._send(call.signal)
        call.due_s = now_s + STORED_WITHIN_S

    def _tell(self, call: Call) -> None:
        if call.settled and self._unsettled.pop(call.signal_id, None) is not None:
            self._follow(call)
        for watcher in tuple(call.watchers):
            watcher(call)

    def _follow(self, call: Call) -> None:
        self._followed[call.signal_id] = call
        if len(self._followed) > FOLLOWED_MAX:
            self._followed.popitem(last=False)

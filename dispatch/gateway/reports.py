"""One panel's message with news, from its arrival until the core has all of it.

Everything in it is sent on at once. Then it waits, without a task: what it waits for calls it.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final

from dispatch.core.moment import Moment
from dispatch.gateway.bounds import CALLS_PER_MESSAGE_MAX
from dispatch.gateway.calls import Call
from dispatch.gateway.core_link import CoreLink
from dispatch.gateway.desk import Clock
from dispatch.gateway.resends import Event, Resends
from protocol.messages import Signal
from protocol.sia_dc09 import events
from protocol.sia_dc09.codes import Sense
from protocol.sia_dc09.decode import Message
from protocol.vocabulary import TroubleKind, Verdict

NEWS: Final = frozenset(
    {Sense.CALL, Sense.CALL_CANCELLED, Sense.TROUBLE, Sense.TROUBLE_RESTORED, Sense.ALIVE}
)
"""What the core must have before the panel is told so."""


class Ending(StrEnum):
    """What became of a report."""

    STORED = "stored"
    REFUSED = "refused"
    """The core will never take it: the panel is not, or no longer, behind this gateway."""


class Report:
    """Follows one message; `over` is called once, or never: then the panel sends it again."""

    def __init__(
        self,
        core: CoreLink,
        resends: Resends,
        clock: Clock,
        device_id: str,
        message: Message,
        over: Callable[["Report", Ending], None],
    ) -> None:
        self.message = message
        self.event: Event | None = None
        """Of the calls for help in it."""
        self._core = core
        self._resends = resends
        self._clock = clock
        self._device_id = device_id
        self._over = over
        self._calls: tuple[Call, ...] = ()
        self._is_first_sent = False
        self._untaken = False
        self._is_over = False

    def send(self, last_call: str | None) -> str | None:
        """Send on what is in it. `last_call` is the panel's last signal; returns the newest."""
        now = self._clock()
        if any(event.meaning.sense is Sense.CALL for event in self.message.events):
            last_call = self._call(self._resends.event(self.message.resend_key, now), now)
        self._untaken = self._tell(last_call, now)
        if self._untaken and not self._core.when_taken(self._taken):
            self._is_over = True  # nobody is there to take it
        self._look()
        return last_call

    # --- calls for help ---------------------------------------------------------------------------

    def _call(self, event: Event, now: Moment) -> str:
        """Send a signal for each call. If the alert of one has ended, this is another event."""
        signals = self._signals(event)
        known = [self._core.calls.find(signal.signal_id) for signal in signals]
        if any(call is not None and call.closed for call in known):
            return self._call(self._resends.renewed(event, now), now)
        self._is_first_sent = known == [None] * len(known)
        self.event = event
        calls = [self._core.calls.take(signal, now.mono_s) for signal in signals]
        self._calls = tuple(call for call in calls if call is not None)
        if len(self._calls) < len(signals):
            self._is_over = True  # no room: what there is goes out, and the panel sends it again
        for call in self._calls:
            call.watch(self._heard)
        return signals[-1].signal_id

    def _heard(self, call: Call) -> None:
        receipt = call.receipt
        is_known = receipt is not None and receipt.verdict is Verdict.RETRANSMISSION
        if call.closed and is_known and self._is_first_sent and self.event is not None:
            # The core knows it from a gateway before this one, and its alert has ended.
            now = self._clock()
            self._unwatch()
            self._call(self._resends.renewed(self.event, now), now)
        self._look()

    def _unwatch(self) -> None:
        for call in self._calls:
            call.unwatch(self._heard)

    def _signals(self, event: Event) -> list[Signal]:
        details = self.message.details
        at_s = (
            details.occurred_at_s if details.occurred_at_s is not None else self.message.sent_at_s
        )
        calls = _calls(self.message.events)
        return [
            Signal(
                ref=(signal_id := event.signal_id(self._device_id, index)),
                signal_id=signal_id,
                kind=call.meaning.kind,
                pressed_at_ms=None if at_s is None or at_s < 0 else at_s * 1000,
                position=details.position,
                source_device_id=self._device_id,
            )
            for index, call in enumerate(calls)
            if call.meaning.kind is not None
        ]

    # --- everything else --------------------------------------------------------------------------

    def _tell(self, last_call: str | None, now: Moment) -> bool:
        """Tell what is no call for help. Says whether there was anything."""
        told = False
        for event in self.message.events:
            meaning = event.meaning
            told = told or meaning.sense in NEWS - {Sense.CALL}
            if meaning.trouble is not None:
                trouble = TroubleKind(meaning.trouble.value)
                present = meaning.sense is Sense.TROUBLE
                self._core.conditions.tell(self._device_id, trouble, present=present)
            elif meaning.sense is Sense.CALL_CANCELLED and last_call is not None:
                self._core.calls.cancel(last_call, now.mono_s)
        return told

    def _taken(self) -> None:
        self._untaken = False
        self._look()

    def _look(self) -> None:
        """See whether there is still anything to wait for."""
        if self._is_over or self._untaken or not all(call.settled for call in self._calls):
            return
        self._is_over = True
        self._unwatch()
        refused = any(call.refused is not None for call in self._calls)
        self._over(self, Ending.REFUSED if refused else Ending.STORED)


def _calls(of: Iterable[events.Event]) -> list[events.Event]:
    """The calls in a message; the same of the same zone is one."""
    calls = {
        (event.meaning.kind, event.zone, event.area): event
        for event in of
        if event.meaning.sense is Sense.CALL
    }
    return list(calls.values())[:CALLS_PER_MESSAGE_MAX]

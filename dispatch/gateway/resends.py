"""Which event a panel's message is: the same for each attempt to send it, another for the next.

A panel sends a message again, with its sequence number and data, until it is acknowledged. The
numbers begin anew when it restarts, so the same number and data may be another emergency. What
tells them apart:

- not acknowledged: the panel still has it, so the same is the same, for `RESENT_WITHIN_S`;
- acknowledged: the same is the same for `ACK_MAY_BE_LOST_S`, and another event after that;
- its alert has ended: what comes now is another event (`renewed`), or somebody calls and nobody
  hears. An ACK that was lost for longer than an alert lasts costs an alert too many, at worst.

The name holds no chance: a gateway that was killed and has forgotten all of this names a message of
the same `SPAN_MS` as before, so that the core knows it. At the end of a span it may not; the core
then folds the press into the open alert of its device.
"""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, replace

from dispatch.core.moment import Moment
from dispatch.gateway.bounds import (
    ACK_MAY_BE_LOST_S,
    MESSAGES_REMEMBERED,
    RESENT_WITHIN_S,
    SPAN_MS,
)
from protocol.uuid7 import ENTROPY_BYTES, uuid7

Key = tuple[str, int, bytes]
"""Account, sequence number, data."""


@dataclass(frozen=True, slots=True)
class Event:
    """What happened once and may be sent several times."""

    key: Key
    span_ms: int
    occurrence: int
    heard_s: float
    acknowledged_s: float | None = None

    def signal_id(self, device_id: str, index: int) -> str:
        """Name the signal of one of the calls in the message."""
        account, sequence, data = self.key
        said = f"{device_id}|{account}|{sequence}|{self.occurrence}|{index}|".encode() + data
        return uuid7(self.span_ms, hashlib.sha256(said).digest()[:ENTROPY_BYTES])


class Resends:
    """The events that were heard lately, the latest `MESSAGES_REMEMBERED`."""

    def __init__(self) -> None:
        self._events: OrderedDict[Key, Event] = OrderedDict()

    def event(self, key: Key, now: Moment) -> Event:
        """Say which event a message is of that arrives now."""
        known = self._events.get(key)
        if known is None:
            return self._keep(Event(key, _span_ms(now), 0, now.mono_s))
        if _is_same(known, now.mono_s):
            return self._keep(replace(known, heard_s=now.mono_s))
        return self.renewed(known, now)

    def acknowledged(self, event: Event, now: Moment) -> None:
        """The panel was told that it need not send it again."""
        if self._events.get(event.key, event).occurrence == event.occurrence:
            self._keep(replace(event, acknowledged_s=now.mono_s))

    def renewed(self, event: Event, now: Moment) -> Event:
        """Return another event for the same message."""
        return self._keep(Event(event.key, _span_ms(now), event.occurrence + 1, now.mono_s))

    def _keep(self, event: Event) -> Event:
        self._events[event.key] = event
        self._events.move_to_end(event.key)
        if len(self._events) > MESSAGES_REMEMBERED:
            self._events.popitem(last=False)
        return event


def _is_same(known: Event, now_s: float) -> bool:
    if known.acknowledged_s is None:
        return now_s - known.heard_s <= RESENT_WITHIN_S
    return now_s - known.acknowledged_s <= ACK_MAY_BE_LOST_S


def _span_ms(now: Moment) -> int:
    return now.wall_ms // SPAN_MS * SPAN_MS

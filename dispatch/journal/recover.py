"""What an earlier run left: open alerts, lately closed ones for late retries, messages, the kit.

Deadlines need no replay: each is a fact of its alert; one that passed meanwhile is due at once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from dispatch.core.alert import Alert
from dispatch.core.entry import MESSAGE, Entry
from dispatch.core.kit import Watched
from dispatch.core.limits import CLOSED_ALERT_KEPT_S
from dispatch.core.message_box import Message
from dispatch.core.moment import Moment
from dispatch.core.snapshot import UnreadableState, thaw, thaw_device, thaw_message

BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
"""Linux names each boot; the monotonic clock counts from it for every process alike."""

CLOCK_SET_BY_S: Final = 7_200.0
"""By so much the wall clock may have been set since: what is too old all the same, the board
forgets by the monotonic clock."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Recovered:
    """What to put up again, oldest news first, and how many states could not be read."""

    alerts: tuple[Alert, ...] = ()
    messages: tuple[Message, ...] = ()
    kit: tuple[Watched, ...] = ()
    unreadable: int = 0
    off_duty: frozenset[str] = frozenset()
    """Who went off duty without PostgreSQL having heard of it: it knows how to wake them still."""


def this_boot() -> str:
    """Name this boot; empty where the system does not say, which no boot equals."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return ""


def closed_since_ms(now: Moment) -> int:
    """Return how far back closed alerts still matter."""
    return now.wall_ms - int((CLOSED_ALERT_KEPT_S + CLOCK_SET_BY_S) * 1000)


def recover(states: Iterable[Entry], now: Moment, *, boot: str) -> Recovered:
    """Read every state. One that cannot be read is said and counted; the others are not held up."""
    alerts: list[Alert] = []
    messages: list[Message] = []
    kit: list[Watched] = []
    unreadable = 0
    for entry in states:
        if entry.state is None:
            continue
        try:
            if entry.alert_id is None:
                if entry.is_open:
                    kit.append(thaw_device(entry.state, now, boot))
            elif not entry.alert_id.startswith(MESSAGE):
                alerts.append(thaw(entry.state, now, boot))
            elif entry.is_open:
                messages.append(thaw_message(entry.state, now, boot))
        except UnreadableState as error:
            unreadable += 1
            log.error(
                "state_unreadable", alert=entry.alert_id, device=entry.device_id, reason=str(error)
            )
    return Recovered(tuple(alerts), tuple(messages), tuple(kit), unreadable)

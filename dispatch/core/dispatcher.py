"""The heart: events in, effects out. The single owner of alert state.

`handle` is synchronous, deterministic and reads no clock: the same events give the same effects.
"""

from collections.abc import Callable, Container, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from dispatch.core import (
    answer,
    attend,
    cameras,
    message,
    press,
    push,
    push_addresses,
    roster,
    rouse,
    sirens,
    storage,
    supervision,
)
from dispatch.core.alert import Alert
from dispatch.core.authorise import may_say
from dispatch.core.budget import reach_stage
from dispatch.core.city import City
from dispatch.core.deadlines import AT_ONCE_S
from dispatch.core.due import pass_time
from dispatch.core.effects import Effect
from dispatch.core.events import (
    Connected,
    Disconnected,
    Event,
    Journaled,
    KeepAgain,
    NotStored,
    Received,
    Stored,
    Tick,
    TokenKept,
    Written,
)
from dispatch.core.journalled import journalled
from dispatch.core.kit import Watched
from dispatch.core.message_box import Message
from dispatch.core.moment import Moment
from dispatch.core.registry import Change, Device, Registry
from dispatch.core.tell import deny
from protocol.messages import (
    Accept,
    AnyClientMessage,
    ApnsAddress,
    Arrive,
    Assign,
    Cancel,
    Close,
    Condition,
    Contact,
    Delivered,
    Duty,
    FcmAddress,
    MessageFront,
    MessageShown,
    Picture,
    PositionReport,
    PushAddress,
    PushGone,
    Signal,
    Silence,
    Sounded,
)

_DO: Final[Mapping[type[AnyClientMessage], Callable[[City, Device, Any, Moment], list[Effect]]]] = (
    MappingProxyType(
        {
            Delivered: answer.delivered,
            Accept: attend.accept,
            Assign: attend.give,
            Arrive: answer.arrive,
            Close: answer.close,
            Cancel: press.cancel,
            PositionReport: press.moved,
            Duty: attend.duty,
            Contact: supervision.contact,
            Condition: supervision.condition,
            Silence: sirens.silence,
            Sounded: sirens.sounded,
            MessageFront: message.send,
            MessageShown: message.shown,
            Picture: cameras.picture,
            PushAddress: push_addresses.address,
            ApnsAddress: push_addresses.address,
            FcmAddress: push_addresses.address,
            PushGone: push_addresses.gone,
        }
    )
)
"""What is done about each message that a device may send, besides a press."""


class Dispatcher:
    """One jurisdiction's dispatcher."""

    def __init__(self, registry: Registry, boot: str = "", picture_key: bytes = b"") -> None:
        self.city = City(registry, boot, picture_key)

    def handle(self, event: Event, now: Moment) -> list[Effect]:
        """Take one event and say what is to be done about it, in order."""
        return journalled(self.city, self._decide(event, now), now)

    def restore(self, alerts: Iterable[Alert], off_duty: Container[str] = ()) -> None:
        """Put up again what the journal kept of an earlier run. Before the first event.

        `off_duty`: who went off duty, as only the journal knows so far.
        """
        for alert in alerts:
            self.city.board.restore(alert)
            self.city.deadlines.remind(alert.due_s, alert.alert_id)
            attend.owner_restored(self.city, alert)
            rouse.restored(self.city, alert)
            push.restored(self.city, alert)
        push_addresses.restored(self.city, off_duty)

    def post(self, messages: Iterable[Message]) -> None:
        """Put up again what was said to fronts in an earlier run. Before the first event."""
        for each in sorted(messages, key=lambda each: each.sent_at_ms):
            message.restored(self.city, each)

    def supervise(self, kit: Iterable[Watched], now: Moment) -> None:
        """Watch over the kit, from what the journal kept of it. Before the first event."""
        supervision.begin(self.city, kit, now)

    def _decide(self, event: Event, now: Moment) -> list[Effect]:
        match event:
            case Received():
                return self._received(event, now)
            case Written():
                return self._written(event, now)
            case Tick():
                effects = pass_time(self.city, now)  # first: the rest tells what has become by that
                effects += attend.catch_up_further(self.city, now)
                return effects + roster.proceed(self.city)
            case Connected():
                return attend.connected(self.city, event, now)
            case Disconnected():
                return attend.disconnected(self.city, event, now)
            case Stored() | Journaled() | NotStored():
                return storage.heard(self.city, event)
            case KeepAgain():
                storage.keep_again(self.city, event)
                said = message.keep_again(self.city, event.alert_ids, now)
                return [*said, *supervision.keep_again(self.city, event.device_ids, now)]
            case TokenKept():
                effects = attend.token_kept(self.city, event)
                supervision.after_change(self.city, event.device_id, now)
                return effects
            case change:
                return self._changed(change, now)

    def next_deadline_s(self) -> float | None:
        """Return the monotonic time at which `Tick` is wanted, if any."""
        if self.city.rosters or self.city.catching_up:
            return AT_ONCE_S
        city = self.city
        due = (
            city.deadlines.next_s(),
            rouse.next_s(city),
            city.push_deadlines.next_s(),
            message.next_s(city),
            city.kit.next_s(),
        )
        return min((at_s for at_s in due if at_s is not None), default=None)

    def _received(self, event: Received, now: Moment) -> list[Effect]:
        device = self.city.registry.devices.get(event.device_id)
        if device is None or device.revoked:
            return []  # what it said just before it was shut out
        denial = may_say(device, event.message)
        if denial is not None:
            return deny(device.device_id, event.message, denial, now)
        if isinstance(event.message, Signal):
            effects = press.press(self.city, device, event.message, event.received_at_ms, now)
            return [*effects, *supervision.pressed(self.city, device, event.message, now)]
        return _DO[type(event.message)](self.city, device, event.message, now)

    def _changed(self, change: Change, now: Moment) -> list[Effect]:
        ended = supervision.before_change(self.city, change, now)
        effects = attend.changed(self.city, change, now)
        if isinstance(change, Device):
            supervision.after_change(self.city, change.device_id, now)
        return [*effects, *ended]

    def _written(self, event: Written, now: Moment) -> list[Effect]:
        alert = self.city.board.alerts.get(event.alert_id)
        if alert is not None:
            reach_stage(alert, "sent", now.wall_ms)
        return []

"""Those who call for help: apps, buttons, and a gateway with a panel behind it."""

from dataclasses import dataclass

from protocol.messages import (
    AnyServerMessage,
    Cancel,
    Error,
    FrontMessage,
    Position,
    PositionReport,
    Receipt,
    Signal,
    Welcome,
)
from protocol.vocabulary import ErrorCode, Kind, Role, Stage
from tests.simulation.boxes import GATEWAY
from tests.simulation.clients import Client
from tests.simulation.rules import Broken
from tests.simulation.sleepers import address_of

FOLLOWED_MAX = 64


@dataclass(slots=True)
class Call:
    """One press, as its sender sees it. It is sent again until it is receipted as stored."""

    signal_id: str
    kind: Kind
    pressed_at_ms: int
    position: Position | None
    source: str | None
    receipt: Receipt | None = None
    """The newest of its alert: the server sends one for all presses of a device in one alert."""
    is_stored: bool = False
    is_fresh: bool = False
    """Its receipt was confirmed since the last welcome."""
    is_cancelling: bool = False
    is_over: bool = False
    asked_again: bool = False

    @property
    def waits(self) -> bool:
        """Whether the signal must be sent again."""
        return not self.is_over and (not self.is_stored or self.asked_again)


class Caller(Client):
    """Calls, repeats, takes back."""

    calls: dict[str, Call]

    def begin(self) -> None:
        """Start with nothing."""
        self.calls = {}
        self._resends = False

    def press(
        self, signal_id: str, kind: Kind, position: Position | None, source: str | None
    ) -> None:
        """Call for help."""
        pressed_at_ms = self.world.clock.moment().wall_ms
        call = Call(signal_id, kind, pressed_at_ms, position, source)
        self.calls[signal_id] = call
        self.world.truth.pressed(self.device_id, signal_id, kind)
        self._send_call(call)
        self._keep_at_it()

    def cancel(self, signal_id: str) -> None:
        """Take a press back."""
        call = self.calls[signal_id]
        call.is_cancelling = True
        self._send_call(call)
        self._keep_at_it()

    def move(self, position: Position) -> None:
        """Report where it is. Not sent later, when it would no longer be true."""
        self.send(PositionReport(position=position))

    def greeted(self, welcome: Welcome) -> None:
        for call in self.calls.values():
            call.is_fresh = False
            self._send_call(call)
        self._keep_at_it()
        if self.device_id == GATEWAY:
            self.world.boxes.greeted()
        if welcome.role is Role.APP:
            self.send(address_of(self.device_id))

    def synced(self) -> None:
        """Ask about what the server did not mention: it has ended, or was lost."""
        for call in self.calls.values():
            if not call.is_over and not call.is_fresh and not call.waits:
                call.asked_again = True
                self._send_call(call)
        self._keep_at_it()

    def heard(self, message: AnyServerMessage) -> None:
        match message:
            case Receipt():
                self._receive(message)
            case FrontMessage():
                self.world.sayings.heard(self, message)
            case Error(ref=str(ref)) if ref.removeprefix("cancel:") in self.calls:
                self._blame(self.calls[ref.removeprefix("cancel:")], message)

    def resend(self) -> None:
        self._resends = False
        for call in self.calls.values():
            self._send_call(call)
        self._keep_at_it()

    def _receive(self, receipt: Receipt) -> None:
        mine = self.calls.get(receipt.signal_id)
        was_stored = mine is not None and mine.is_stored
        if mine is not None:
            mine.asked_again = False
            if receipt.stored:
                mine.is_stored = True
        for call in self.calls.values():
            known = call.receipt
            is_same = known is not None and known.alert_id == receipt.alert_id
            if call is not mine and not is_same:
                continue
            if call.is_fresh and known is not None and is_same and receipt.version < known.version:
                # Nothing overtakes on one connection.
                raise Broken("no version goes back", f"{self.device_id}'s receipt")
            was_in = None if known is None or not was_stored else known.alert_id
            if was_in not in (None, receipt.alert_id, *self.world.truth.forgotten):
                rule = "a press that was stored stays in its alert"
                raise Broken(rule, f"{call.signal_id[-4:]} of {self.device_id}")
            call.receipt, call.is_fresh = receipt, True
            call.asked_again = False
            if call.is_cancelling and (receipt.cancel_requested or receipt.stage is Stage.CLOSED):
                call.is_cancelling = False
            if receipt.stage is Stage.CLOSED and call.is_stored:
                call.is_over, call.is_cancelling = True, False

    def _blame(self, call: Call, error: Error) -> None:
        if error.code is ErrorCode.SIGNAL_ID_CONFLICT:
            del self.calls[call.signal_id]
            self.press(self.world.new_id(), call.kind, call.position, call.source)
        elif (error.ref or "").startswith("cancel:"):
            call.is_cancelling = False
        elif error.code is ErrorCode.NOT_ALLOWED:
            call.is_over = True  # such as the gateway of a panel that was taken away

    def _send_call(self, call: Call) -> None:
        if call.waits:
            self.send(
                Signal(
                    signal_id=call.signal_id,
                    kind=call.kind,
                    pressed_at_ms=call.pressed_at_ms,
                    position=call.position,
                    source_device_id=call.source,
                    ref=call.signal_id,
                )
            )
        if call.is_cancelling:
            self.send(Cancel(signal_id=call.signal_id, ref=f"cancel:{call.signal_id}"))

    def _keep_at_it(self) -> None:
        waits = any(call.waits or call.is_cancelling for call in self.calls.values())
        if waits and not self._resends:
            self._resends = True
            self.resend_later()

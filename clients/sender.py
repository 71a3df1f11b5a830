"""What apps and buttons share: presses that reach the server whatever happens to the link.

A press is queued at once, sent again on every reconnect and after every silence until the server
has stored it, always with the same id, and kept in an outbox file if there is one.
"""

import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from secrets import SystemRandom
from typing import Final

import trio

from clients.errors import NotReceived, NotStored, OutboxError
from clients.outbox import Kept, Outbox
from clients.press import Press
from clients.uuid7 import new_signal_id
from link.backoff import full_jitter_s
from link.connection import Link, LinkState, kept_up
from link.enrolment import Credentials
from link.feed import Reader
from link.living import Living
from protocol.codec import ESSENTIAL_SIGNAL_FIELDS
from protocol.messages import (
    AnyServerMessage,
    Cancel,
    Error,
    Notice,
    Position,
    Receipt,
    Signal,
    Text,
    Welcome,
)
from protocol.vocabulary import BLAME, Blame, ErrorCode, Kind, NoticeCode

MAX_UNSETTLED: Final = 32
"""Presses that may wait for the server; with their cancels they fit one burst of frames."""
MAX_FOLLOWED: Final = 256
STORED_WITHIN_S: Final = 5.0
"""A press that is not stored for so long, on a link that works, is sent again."""
ASK_AGAIN_WITHIN_S: Final = 900.0
"""A press heard of more recently than this, and missing after a reconnect, is asked about."""
LINGER_S: Final = 30.0
CANCEL_REF: Final = "cancel:"
FINAL: Final = frozenset(
    {ErrorCode.NOT_ALLOWED, ErrorCode.BAD_FIELD, ErrorCode.BAD_JSON, ErrorCode.UNKNOWN_TYPE}
)
"""Errors that end a press, because it can never be taken. After all others it is sent again."""


class Sender(Living):
    """The common part of `App` and `Button`; use one of those."""

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        *,
        outbox: Path | None = None,
        ssl_context: ssl.SSLContext | None = None,
        linger_s: float = LINGER_S,
    ) -> None:
        """Raises `BadAddress`. `linger_s`: how long leaving waits for presses to be stored."""
        self.presses: dict[str, Press] = {}
        """The presses that have not ended, by signal id."""
        self.link = Link(url, credentials, self, ssl_context=ssl_context)
        self._outbox = None if outbox is None else Outbox(outbox, credentials.device_id)
        self._linger_s = linger_s
        self._jitter = SystemRandom().random
        self._changed = trio.Event()
        self._settled = trio.Event()
        self._synced = trio.Event()
        self._seen: set[str] = set()

    async def press(self, kind: Kind = Kind.PANIC, *, position: Position | None = None) -> Press:
        """Call for help. Returns at once: the press is under way, and is not lost while this
        process lives (nor after, if there is an outbox).

        `position.age_s` is the fix's age now. Raises `OutboxError` if `MAX_UNSETTLED` presses
        wait already.
        """
        if len(self._unsettled()) >= MAX_UNSETTLED:
            raise OutboxError(
                Text(
                    f"Ya hay {MAX_UNSETTLED} señales sin confirmar; se siguen enviando.",
                    f"{MAX_UNSETTLED} presses are unconfirmed already; they keep being sent.",
                )
            )
        now_ms = time.time_ns() // 1_000_000
        press = Press(new_signal_id(), kind, now_ms, position, on_cancel=self._send_now)
        self._follow(press)
        self._send_now(press)
        await self._save()
        return press

    def states(self) -> Reader[LinkState]:
        """Follow how the link goes up and down, for a person to see."""
        return self.link.states()

    async def synced(self) -> None:
        """Wait until `presses` holds every open press that the server knows of this device."""
        await self._synced.wait()

    # --- the link's owner ------------------------------------------------------------------------

    def greeted(self, welcome: Welcome) -> None:  # noqa: ARG002 - the owner's interface
        """Send what is not settled, oldest first."""
        self._seen = set()
        for press in self._unsettled():
            self._send(press)
        self._wake()

    def heard(self, message: AnyServerMessage) -> None:
        """Take receipts and errors."""
        match message:
            case Receipt():
                self._receive(message)
            case Error():
                self._blame(message)
            case Notice(code=NoticeCode.SYNCED):
                self._compare()
        self._wake()

    def lost(self) -> None:
        """Nothing is due while there is no link, and the next one brings the state anew."""
        self._synced = trio.Event()
        for press in self._unsettled():
            press.due_s = float("inf")

    # --- in ---------------------------------------------------------------------------------------

    def _receive(self, receipt: Receipt) -> None:
        if receipt.signal_id not in self.presses and len(self.presses) < MAX_FOLLOWED:
            # Pressed by an earlier process: whoever holds the device may follow and cancel it.
            self._follow(Press(receipt.signal_id, None, None, None, on_cancel=self._send_now))
        self._seen.add(receipt.alert_id)
        for press in self._concerned(receipt):
            press.heard_s = trio.current_time()
            press.take(receipt, in_sync=not self._synced.is_set())
            if not press.unsettled:
                press.attempts = 0
            self._forget_ended(press)

    def _concerned(self, receipt: Receipt) -> list[Press]:
        return [
            press
            for press in self.presses.values()
            if press.signal_id == receipt.signal_id
            or (press.receipt is not None and press.receipt.alert_id == receipt.alert_id)
        ]

    def _compare(self) -> None:
        """What the server did not mention since its welcome has ended, or was lost by it."""
        for press in list(self.presses.values()):
            if press.receipt is None or press.receipt.alert_id in self._seen:
                continue
            is_ours = press.kind is not None
            if press.unstored:
                press.ask_again()  # as we have: it was sent with the greeting
            elif is_ours and trio.current_time() - press.heard_s <= ASK_AGAIN_WITHIN_S:
                press.ask_again()
                self._send(press)
            else:
                press.vanish()
                self._forget_ended(press)
        self._synced.set()

    def _blame(self, error: Error) -> None:
        if error.code is ErrorCode.UNABLE_TO_STORE:
            self._put_off(error.alert_id)
            return
        ref = error.ref or ""
        press = self.presses.get(ref.removeprefix(CANCEL_REF))
        if press is None:
            return
        if ref.startswith(CANCEL_REF) and BLAME[error.code] is not Blame.SERVER:
            press.refuse_cancel(error)
        elif error.code is ErrorCode.SIGNAL_ID_CONFLICT:
            self._rename(press)
        elif error.code is ErrorCode.BAD_FIELD and error.field not in ESSENTIAL_SIGNAL_FIELDS:
            press.complain(error)
        elif error.code in FINAL:
            press.refuse(error)
            self._forget_ended(press)
        else:
            self._back_off(press)

    def _put_off(self, alert_id: str | None) -> None:
        """The presses of an alert were dispatched and could not be stored: it comes long after the
        frame, so it names the alert and no frame."""
        for press in self.presses.values():
            of_it = press.receipt is not None and press.receipt.alert_id == alert_id
            if of_it and press.unstored:
                self._back_off(press)

    def _back_off(self, press: Press) -> None:
        press.due_s = trio.current_time() + full_jitter_s(press.attempts, self._jitter)

    def _rename(self, press: Press) -> None:
        del self.presses[press.signal_id]
        press.signal_id = new_signal_id()
        self._follow(press)
        press.due_s = trio.current_time() + full_jitter_s(press.attempts - 1, self._jitter)

    # --- out --------------------------------------------------------------------------------------

    def _send_now(self, press: Press) -> None:
        self._send(press)
        self.link.hurry()
        self._wake()

    def _send(self, press: Press) -> None:
        sent = False
        if press.unstored and press.kind is not None:
            sent = self.link.send(
                Signal(
                    signal_id=press.signal_id,
                    kind=press.kind,
                    pressed_at_ms=press.pressed_at_ms,
                    position=press.position,
                    ref=press.signal_id,
                )
            )
        if press.uncancelled:
            ref = CANCEL_REF + press.signal_id
            sent = self.link.send(Cancel(signal_id=press.signal_id, ref=ref))
        if sent:
            wait_s = STORED_WITHIN_S + full_jitter_s(press.attempts, self._jitter)
            press.due_s = trio.current_time() + wait_s
            press.attempts += 1

    async def _resend(self) -> None:
        """Keep the outbox true, and send again what is not settled in time."""
        while True:
            await self._save()
            now_s = trio.current_time()
            for press in self._unsettled():
                if press.due_s <= now_s:
                    self._send(press)
            self._changed = trio.Event()
            due_s = min((press.due_s for press in self._unsettled()), default=float("inf"))
            with trio.move_on_at(due_s):
                await self._changed.wait()

    # --- life -------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _live(self) -> AsyncIterator[None]:
        """Connect in the background; at the end wait until every press is stored and every cancel
        answered, for `linger_s` at most; then say goodbye.

        Raises `OutboxError` if the outbox is another device's; `NotStored` at the end, or
        `NotReceived` if a press was not even dispatched for all we know. What is unsettled stays
        in the outbox. Raises `Refused`.
        """
        for kept in self._outbox.load() if self._outbox else ():
            self._follow(self._again(kept))
        async with kept_up(self.link, self._resend):
            yield
            with trio.move_on_after(self._linger_s):
                await self._all_settled()
        unsettled = self._unsettled()
        if unsettled:
            raise _why_unsettled(unsettled, kept=self._outbox is not None)

    async def _all_settled(self) -> None:
        while self._unsettled():
            self._settled = trio.Event()
            await self._settled.wait()
        await self._save()

    def _wake(self) -> None:
        self._changed.set()
        self._settled.set()

    def _follow(self, press: Press) -> None:
        self.presses[press.signal_id] = press

    def _forget_ended(self, press: Press) -> None:
        if press.ended:
            self.presses.pop(press.signal_id, None)

    def _unsettled(self) -> list[Press]:
        return [press for press in self.presses.values() if press.unsettled]

    def _again(self, kept: Kept) -> Press:
        return Press(
            kept.signal_id,
            kept.kind,
            kept.pressed_at_ms,
            kept.position,
            cancel=kept.cancel,
            on_cancel=self._send_now,
        )

    def _to_keep(self) -> Iterator[Kept]:
        for press in self._unsettled():
            kept = press.kept()
            if kept is not None:
                yield kept

    async def _save(self) -> None:
        if self._outbox is not None:
            await self._outbox.save(self._to_keep())


KEPT: Final = Text(
    " Quedan en este dispositivo y saldrán al volver a abrir.",
    " They stay on this device and go when it is opened again.",
)


def _why_unsettled(presses: list[Press], *, kept: bool) -> NotStored:
    """Say what is not known of them, and what to do about it."""
    again = KEPT if kept else Text("", "")
    unheard = sum(press.unreceipted for press in presses)
    if unheard:
        return NotReceived(
            Text(
                f"El servidor no ha respondido por {unheard} señal(es).",
                f"The server has not answered for {unheard} press(es).",
            ),
            Text(f"Llame al 123.{again.es}", f"Call 123.{again.en}"),
        )
    return NotStored(
        Text(
            f"El servidor recibió {len(presses)} señal(es), pero aún no las confirma.",
            f"The server has received {len(presses)} press(es), but not confirmed them yet.",
        ),
        Text(f"Si nadie llega, llame al 123.{again.es}", f"If nobody comes, call 123.{again.en}"),
    )

"""What apps and buttons share: presses that reach the server whatever happens to the link.

A press is queued at once, sent again on every reconnect and after every silence until the server
has answered it, always with the same id, and kept in an outbox file if there is one.
"""

import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from secrets import SystemRandom
from types import TracebackType
from typing import Final, Self

import trio

from clients.backoff import full_jitter_s
from clients.connection import Link, LinkState, kept_up
from clients.enrolment import Credentials
from clients.errors import NotReceived, OutboxError
from clients.feed import Reader
from clients.outbox import Kept, Outbox
from clients.press import Press
from clients.uuid7 import new_signal_id
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

MAX_UNANSWERED: Final = 32
"""Presses that may wait for the server; with their cancels they fit one burst of frames."""
MAX_FOLLOWED: Final = 256
RECEIPT_WITHIN_S: Final = 5.0
"""A press that has no answer for so long, on a link that works, is sent again."""
ASK_AGAIN_WITHIN_S: Final = 900.0
"""A press heard of more recently than this, and missing after a reconnect, is asked about."""
LINGER_S: Final = 30.0
CANCEL_REF: Final = "cancel:"
FINAL: Final = frozenset(
    {ErrorCode.NOT_ALLOWED, ErrorCode.BAD_FIELD, ErrorCode.BAD_JSON, ErrorCode.UNKNOWN_TYPE}
)
"""Errors that end a press, because it can never be taken. After all others it is sent again."""


class Sender:
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
        """Raises `BadAddress`. `linger_s`: how long leaving waits for unanswered presses."""
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
        self._living: AbstractAsyncContextManager[None] | None = None

    async def __aenter__(self) -> Self:
        """Connect in the background. Raises `OutboxError` if the outbox is another device's."""
        for kept in self._outbox.load() if self._outbox else ():
            self._follow(self._again(kept))
        self._living = self._live()
        await self._living.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        """Wait for unanswered presses, then say goodbye. Raises `NotReceived`, `Refused`."""
        assert self._living is not None  # noqa: S101 - entered
        return await self._living.__aexit__(kind, error, traceback)

    async def press(self, kind: Kind = Kind.PANIC, *, position: Position | None = None) -> Press:
        """Call for help. Returns at once: the press is under way, and is not lost while this
        process lives (nor after, if there is an outbox).

        `position.age_s` is the fix's age now. Raises `OutboxError` if `MAX_UNANSWERED` presses
        wait already.
        """
        if len(self._unanswered()) >= MAX_UNANSWERED:
            raise OutboxError(
                Text(
                    f"Ya hay {MAX_UNANSWERED} señales en espera; saldrán al volver la conexión.",
                    f"{MAX_UNANSWERED} presses wait already; they go when the link is back.",
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
        """Send what was not answered, oldest first."""
        self._seen = set()
        for press in self._unanswered():
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
        for press in self._unanswered():
            press.due_s = float("inf")

    # --- in ---------------------------------------------------------------------------------------

    def _receive(self, receipt: Receipt) -> None:
        if receipt.signal_id not in self.presses and len(self.presses) < MAX_FOLLOWED:
            # Pressed by an earlier process: whoever holds the device may follow and cancel it.
            self._follow(Press(receipt.signal_id, None, None, None, on_cancel=self._send_now))
        self._seen.add(receipt.alert_id)
        for press in self._concerned(receipt):
            press.heard_s = trio.current_time()
            press.attempts = 0
            press.take(receipt, in_sync=not self._synced.is_set())
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
            if is_ours and trio.current_time() - press.heard_s <= ASK_AGAIN_WITHIN_S:
                press.ask_again()
                self._send(press)
            else:
                press.vanish()
                self._forget_ended(press)
        self._synced.set()

    def _blame(self, error: Error) -> None:
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
        if press.unreceipted and press.kind is not None:
            sent = self.link.send(
                Signal(
                    signal_id=press.signal_id,
                    kind=press.kind,
                    pressed_at_ms=press.pressed_at_ms,
                    position=press.position,
                    ref=press.signal_id,
                )
            )
        if press.cancelling and press.unanswered:
            ref = CANCEL_REF + press.signal_id
            sent = self.link.send(Cancel(signal_id=press.signal_id, ref=ref))
        if sent:
            wait_s = RECEIPT_WITHIN_S + full_jitter_s(press.attempts, self._jitter)
            press.due_s = trio.current_time() + wait_s
            press.attempts += 1

    async def _resend(self) -> None:
        """Keep the outbox true, and send again what has no answer."""
        while True:
            await self._save()
            now_s = trio.current_time()
            for press in self._unanswered():
                if press.due_s <= now_s:
                    self._send(press)
            self._changed = trio.Event()
            due_s = min((press.due_s for press in self._unanswered()), default=float("inf"))
            with trio.move_on_at(due_s):
                await self._changed.wait()

    # --- life -------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _live(self) -> AsyncIterator[None]:
        async with kept_up(self.link, self._resend):
            yield
            with trio.move_on_after(self._linger_s):
                await self._all_answered()
        unanswered = self._unanswered()
        if unanswered:
            raise NotReceived(
                Text(
                    f"El servidor no ha respondido por {len(unanswered)} señal(es).",
                    f"The server has not answered for {len(unanswered)} press(es).",
                ),
                Text("Llame al 123.", "Call 123.") if self._outbox is None else KEPT,
            )

    async def _all_answered(self) -> None:
        while self._unanswered():
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

    def _unanswered(self) -> list[Press]:
        return [press for press in self.presses.values() if press.unanswered]

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
        for press in self._unanswered():
            kept = press.kept()
            if kept is not None:
                yield kept

    async def _save(self) -> None:
        if self._outbox is not None:
            await self._outbox.save(self._to_keep())


KEPT: Final = Text(
    "Llame al 123. Quedan guardadas y saldrán al volver a abrir.",
    "Call 123. They are kept and go when this is opened again.",
)

"""One press, as whoever pressed sees it: how far it has got, and taking it back."""

import math
from collections.abc import Callable
from itertools import count
from typing import Final

import msgspec

from clients.answer import Answer
from clients.errors import ActionRefused, NoLongerOpen
from clients.outbox import Kept
from link.feed import Feed, Reader
from protocol.messages import Error, Position, Receipt, Text
from protocol.vocabulary import Kind, Stage

STAGES: Final = tuple(Stage)
ENDED: Final = Text("Esta señal ya terminó.", "This press has ended.")


def has_reached(stage: Stage, wanted: Stage) -> bool:
    """Say whether `stage` is `wanted` or comes after it."""
    return STAGES.index(stage) >= STAGES.index(wanted)


class Press:
    """A press that is under way, or was. Made by `App.press` and `Button.press`.

        press = await app.press(Kind.PANIC, position=Position(lat=4.65, lon=-74.1))
        receipt = await press.until(Stage.ACCEPTED)
        print(receipt.text.es)

    The first receipt says that it was dispatched, which waits for no disk; it is sent again until
    one says that it is stored.

    `signal_id` stays the same through every retry, but for the one case of another device having
    used it. `kind`, `position` and `pressed_at_ms` are unknown (None) of a press that an earlier
    process made and the server told us of.
    """

    def __init__(
        self,
        signal_id: str,
        kind: Kind | None,
        pressed_at_ms: int | None,
        position: Position | None,
        *,
        cancel: bool = False,
        on_cancel: Callable[["Press"], None],
    ) -> None:
        self.signal_id = signal_id
        self.kind = kind
        self.pressed_at_ms = pressed_at_ms
        self.position = position
        self.receipt: Receipt | None = None
        """The newest receipt."""
        self.complaints: tuple[Error, ...] = ()
        """What the server found unusable and left out; the press went out all the same."""
        self.ended = False
        self.cancelling = cancel
        self.attempts = 0
        """Times it was sent since it was last settled."""
        self.due_s = math.inf
        """When to send it again for want of an answer, by trio's clock."""
        self.heard_s = -math.inf
        """When the server last said something about it, by trio's clock."""
        self._on_cancel = on_cancel
        self._cancelled: Answer[Receipt] = Answer()
        self._asked_again = False
        self._taken = count(1)
        self._news: Feed[Receipt] = Feed()

    # --- for whoever pressed ---------------------------------------------------------------------

    @property
    def is_stored(self) -> bool:
        """Whether the server says that the press survives whatever happens to it."""
        return self.receipt is not None and self.receipt.stored and not self._asked_again

    def receipts(self) -> Reader[Receipt]:
        """Follow the press: the newest receipt first, then each newer one, to the end.

            async for receipt in press.receipts():
                print(receipt.stage, receipt.text.es)

        Raises `ActionRefused` if the server refuses the press.
        """
        known = self.receipt
        return self._news.reader([] if known is None else [(None, known)])

    async def until(self, stage: Stage) -> Receipt:
        """Wait until the press has got to `stage`, or past it (a closed one is past them all).

        Raises `ActionRefused`; `NoLongerOpen` if the server knows it no more.
        """
        async for receipt in self.receipts():
            if has_reached(receipt.stage, stage):
                return receipt
        raise NoLongerOpen(ENDED)

    async def until_stored(self) -> Receipt:
        """Wait until the server has the press where it survives whatever happens to it.

        Raises `ActionRefused`; `NoLongerOpen` if it ended before.
        """
        async for receipt in self.receipts():
            if receipt.stored:
                return receipt
        raise NoLongerOpen(ENDED)

    async def cancel(self) -> Receipt:
        """Take the press back, and wait until the patrol is told. The patrol decides: it may be
        duress, so the alert stays open.

        Survives disconnects, like the press itself. `cancel_requested` of the receipt says whether
        it counts: only who raised the alert can ask for its cancelling.

        Raises `NoLongerOpen`, `ActionRefused`.
        """
        if self.ended:
            raise NoLongerOpen(ENDED)
        self.cancelling = True
        self._on_cancel(self)
        receipt = await self._cancelled.wait()
        if receipt is None:
            raise NoLongerOpen(ENDED)
        return receipt

    # --- for the sender --------------------------------------------------------------------------

    @property
    def unreceipted(self) -> bool:
        """Whether it is not even known that the press was dispatched."""
        return not self.ended and (self.receipt is None or self._asked_again)

    @property
    def unstored(self) -> bool:
        """Whether the signal itself must be sent until the server has stored it. Never one that
        another process made: we do not know what it said."""
        return not self.ended and self.kind is not None and not self.is_stored

    @property
    def uncancelled(self) -> bool:
        """Whether a cancel must be sent until the server has answered it. Never after that: who
        pressed again meanwhile has called for help again."""
        return not self.ended and self.cancelling and not self._cancelled.came

    @property
    def unsettled(self) -> bool:
        """Whether something about it must be sent again until the server confirms it."""
        return self.unstored or self.uncancelled

    def kept(self) -> Kept | None:
        """Return what the outbox keeps of it. None: another process made it."""
        if self.kind is None or self.pressed_at_ms is None:
            return None
        return Kept(self.signal_id, self.kind, self.pressed_at_ms, self.position, self.uncancelled)

    def take(self, receipt: Receipt, *, in_sync: bool) -> None:
        """Take a receipt about its alert; an older one never replaces a newer one.

        Before `synced` (`in_sync`) none is older: a server that was killed may count from where
        its journal ended.

        The server's answer to a cancel that changes nothing is the receipt that is known already.
        So is the state that it sends before `synced`, and its answer to a signal sent again.
        """
        is_own = receipt.signal_id == self.signal_id
        if self._asked_again and not is_own:
            return
        known, self._asked_again = (None if self._asked_again else self.receipt), False
        if known is not None and receipt.version < known.version and not in_sync:
            return
        closed = receipt.stage is Stage.CLOSED
        repeated = known is not None and receipt.version == known.version and known.stored
        if self.cancelling and (receipt.cancel_requested or closed or (repeated and not in_sync)):
            self._cancelled.give(receipt)
        is_newer = known is None or receipt.version > known.version or in_sync
        newest = receipt if known is None or is_newer else known
        mine = self._in_own_name(newest, receipt if is_own else self.receipt or receipt)
        if mine != known:
            self.receipt = mine
            self._news.put(next(self._taken), mine)
        if closed:
            self._end()

    def _in_own_name(self, newest: Receipt, own: Receipt) -> Receipt:
        """The server tells a device each state of an alert only once, for the last of its presses;
        what is true of this press alone is in its own receipts."""
        return msgspec.structs.replace(
            newest,
            signal_id=self.signal_id,
            verdict=own.verdict,
            stored=own.stored,
            journaled=own.journaled,
            discreet=own.discreet,
        )

    def ask_again(self) -> None:
        """The server did not mention it: it is sent again, and whatever comes back is the truth."""
        self._asked_again = True
        self.attempts = 0

    def complain(self, error: Error) -> None:
        """Note what the server left out of it."""
        self.complaints = (*self.complaints, error)

    def refuse(self, error: Error) -> None:
        """The server will not take it."""
        self._end(ActionRefused(error))

    def refuse_cancel(self, error: Error) -> None:
        """The server will not cancel it; the press itself goes on."""
        self.cancelling = False
        self._cancelled.fail(ActionRefused(error))
        self._cancelled = Answer()

    def vanish(self) -> None:
        """The server knows it no more."""
        self._end()

    def _end(self, error: ActionRefused | None = None) -> None:
        self.ended = True
        self._news.end(error)
        self._cancelled.fail(error or NoLongerOpen(ENDED))

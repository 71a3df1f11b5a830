"""Pressing and following, the same for an app and a button."""

from contextlib import suppress
from typing import Final

import trio

from clients.commands.running import ExitCode
from clients.commands.screen import Screen, Stopwatch
from clients.errors import ActionRefused, NoLongerOpen
from clients.press import Press, has_reached
from clients.sender import Sender
from link.beside import beside
from protocol.messages import Position, Receipt, Text
from protocol.vocabulary import Kind, Stage

STORED_SOON_S: Final = 2.0
"""After so long without being stored, a person is told so."""
NOT_THERE: Final = Text(
    "Aún no ha llegado hasta donde pidió. Si no le responden, llame al 123.",
    "It has not got as far as you asked. If nobody answers, call 123.",
)
NOT_STORED: Final = Text(
    "El servidor la recibió, pero aún no la ha guardado; se reintenta.",
    "The server has received it, but has not stored it yet; it is tried again.",
)


async def press_and_follow(
    screen: Screen,
    sender: Sender,
    kind: Kind,
    position: Position | None,
    *,
    wait: Stage,
    timeout_s: float | None,
) -> ExitCode:
    """Press, print what each receipt tells, and end when the press has got to `wait` and is stored.

    A silent press prints nothing: whoever looks over the sender's shoulder must see nothing.
    """
    silent = kind is Kind.SILENT
    narrate = trio.sleep_forever if silent else lambda: screen.follow_link(sender.states())
    async with sender, beside(narrate):
        earlier = len(sender.presses)
        watch = Stopwatch()
        press = await sender.press(kind, position=position)
        if not silent:
            screen.say(Text(f"Señal en camino ({press.signal_id}).", "The press is under way."))
            if earlier:
                screen.say(
                    Text(
                        f"Con ella van {earlier} que quedaron pendientes.",
                        f"With it go {earlier} that were still waiting.",
                    )
                )
        warn = trio.sleep_forever if silent else lambda: _say_if_not_stored(screen, press)
        with trio.move_on_after(float("inf") if timeout_s is None else timeout_s):
            async with beside(warn):
                await _show(screen, press, watch, wait)
        if press.receipt is not None and has_reached(press.receipt.stage, wait):
            return ExitCode.DONE  # once it is stored: leaving waits for that, and fails without
        if not silent:
            screen.trouble(NOT_THERE)
    return ExitCode.LATE


async def _show(screen: Screen, press: Press, watch: Stopwatch, wait: Stage) -> None:
    """Print what is new in each receipt, until the press has got to `wait` and is stored."""
    known: Receipt | None = None
    async for receipt in press.receipts():
        if known is None or receipt.text != known.text:
            screen.receipt(receipt, watch.since_s)
        if receipt.stored and not (known is not None and known.stored):
            screen.stored(receipt, watch.since_s)
        known = receipt
        if has_reached(receipt.stage, wait) and receipt.stored:
            return


async def _say_if_not_stored(screen: Screen, press: Press) -> None:
    with suppress(ActionRefused, NoLongerOpen):
        await press.until(Stage.RECEIVED)
        with trio.move_on_after(STORED_SOON_S):
            await press.until_stored()
            return
        screen.trouble(NOT_STORED)

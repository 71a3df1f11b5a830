"""Pressing and following, the same for an app and a button."""

import trio

from clients.beside import beside
from clients.commands.running import ExitCode
from clients.commands.screen import Screen, Stopwatch
from clients.press import has_reached
from clients.sender import Sender
from protocol.messages import Position, Text
from protocol.vocabulary import Kind, Stage


async def press_and_follow(
    screen: Screen,
    sender: Sender,
    kind: Kind,
    position: Position | None,
    *,
    wait: Stage,
    timeout_s: float | None,
) -> ExitCode:
    """Press, print every receipt, and end when the press has got to `wait`.

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
        with trio.move_on_after(float("inf") if timeout_s is None else timeout_s):
            async for receipt in press.receipts():
                screen.receipt(receipt, watch.since_s)
                if has_reached(receipt.stage, wait):
                    return ExitCode.DONE
        if not silent:
            screen.trouble(
                Text(
                    "Aún no ha llegado hasta donde pidió. Si no le responden, llame al 123.",
                    "It has not got as far as you asked. If nobody answers, call 123.",
                )
            )
    return ExitCode.LATE

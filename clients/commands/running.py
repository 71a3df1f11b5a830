"""Running a command: its exit code, its errors in words, and Ctrl-C."""

import signal
from collections.abc import Awaitable, Callable
from enum import IntEnum

import trio
import typer

from clients.commands.screen import Screen
from link.beside import beside
from link.errors import ClientError
from protocol.messages import Text


class ExitCode(IntEnum):
    """How a command ended. 2 is a wrong command line, as everywhere."""

    DONE = 0
    FAILED = 1
    LATE = 3
    """The time allowed ran out first."""
    INTERRUPTED = 130
    """Ctrl-C, as shells count it."""


Command = Callable[[Screen], Awaitable[ExitCode]]


def run(command: Command) -> None:
    """Run a command to its end and exit with its code."""
    raise typer.Exit(trio.run(_run, command))


async def _run(command: Command) -> ExitCode:
    screen, code = Screen(), ExitCode.INTERRUPTED
    signals = trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM)
    with signals as received, trio.CancelScope() as scope:

        async def interrupt() -> None:
            async for _ in received:
                scope.cancel()

        try:
            async with beside(interrupt):
                code = await command(screen)
        except ClientError as error:
            screen.fail(error)
            code = ExitCode.FAILED
    if code is ExitCode.INTERRUPTED:
        screen.trouble(Text("Interrumpido.", "Interrupted."))
    return code

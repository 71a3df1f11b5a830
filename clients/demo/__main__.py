"""`python -m clients.demo`: everything at once, and everything ended in order."""

import signal
import sys

import trio
from rich.console import Console

from clients.demo.backstage import DemoFailed
from clients.demo.beats import BadQuadrants
from clients.demo.incidents import BadIncidents
from clients.demo.model import Summary
from clients.demo.options import Options, parse
from clients.demo.play import Play, run
from clients.demo.view import summary_lines
from link.errors import ClientError

FAILED = 1
EXPECTED = (DemoFailed, BadQuadrants, BadIncidents, ClientError, OSError)


def main() -> int:
    """Run the demo. Returns the exit code."""
    options = parse()
    play = Play(options, Console(soft_wrap=True, highlight=False))
    try:
        trio.run(_until_told, play)
    except BaseExceptionGroup as group:
        expected, others = group.split(EXPECTED)
        if others is not None or expected is None:
            raise
        return _fail(expected)
    except EXPECTED as error:
        return _fail(error)
    summary = play.model.summary()
    for line in summary_lines(summary):
        sys.stdout.write(line + "\n")
    for failure in play.model.failures:
        sys.stderr.write(f"✗ {failure.group} {failure.why}\n")
    return exit_code(options, summary)


def exit_code(options: Options, summary: Summary) -> int:
    """Judge a run: what ended by itself must have worked; a wrong quadrant is always a failure."""
    if summary.wrong or summary.failed:
        return FAILED
    if options.seconds is None and not options.once:
        return 0
    return 0 if summary.is_good else FAILED


async def _until_told(play: Play) -> None:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_end_on_signal, play, nursery.cancel_scope)
        await run(play)
        nursery.cancel_scope.cancel()


async def _end_on_signal(play: Play, scope: trio.CancelScope) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM, signal.SIGHUP) as signals:
        async for _ in signals:
            play.over.set()
            if not play.is_playing:  # nothing needs an order yet
                scope.cancel()


def _fail(error: BaseException) -> int:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    sys.stderr.write(f"demo: {error}\n")
    return FAILED


if __name__ == "__main__":
    sys.exit(main())

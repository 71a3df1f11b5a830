"""Printing for people: Spanish, English beside it; colours on a terminal, plain text elsewhere."""

import sys
import time

import trio
from rich.console import Console
from rich.text import Text as RichText

from clients.commands import words
from link.connection import LinkState
from link.errors import ClientError
from link.feed import Reader
from protocol.messages import Alert, Receipt, Text


def printable(text: str) -> str:
    """Replace what is no sign: names come from elsewhere and must not steer the terminal."""
    return "".join(sign if sign.isprintable() else "�" for sign in text)


class Screen:
    """Where a command prints: news on the standard output, troubles on the standard error."""

    def __init__(self) -> None:
        self._out = Console(soft_wrap=True, highlight=False)
        self._err = Console(file=sys.stderr, soft_wrap=True, highlight=False)

    def say(self, text: Text, *, style: str = "", indent: int = 0) -> None:
        """Print a line."""
        self._out.print(_line(text, style, indent))

    def bell(self) -> None:
        """Sound the terminal's bell, if there is a terminal."""
        if self._out.is_terminal:
            self._out.bell()

    def trouble(self, text: Text) -> None:
        """Print what is wrong for now."""
        self._err.print(_line(text, "yellow", 0))

    def fail(self, error: ClientError) -> None:
        """Print why the command failed and what to do about it."""
        self._err.print(_line(error.text, "bold red", 0))
        if error.advice is not None:
            self._err.print(_line(error.advice, "", 0))

    def receipt(self, receipt: Receipt, since_s: float) -> None:
        """Print how far a press has got, unless it was silent: then nothing may show."""
        self._of_press(receipt, receipt.text, since_s)

    def stored(self, receipt: Receipt, since_s: float) -> None:
        """Print that a press is stored, unless it was silent."""
        self._of_press(receipt, words.STORED, since_s)

    def _of_press(self, receipt: Receipt, text: Text, since_s: float) -> None:
        if not receipt.discreet:
            stamp = f"{_clock()}  +{since_s:.3f} s  "
            self.say(Text(stamp + text.es, text.en), style="bold")

    def alert(self, alert: Alert, *, is_new: bool) -> None:
        """Print an alert: all of it at first sight, what changes afterwards."""
        line = words.headline(alert)
        stamp = f"{_clock()}  {alert.alert_id}  "
        self.say(Text(stamp + line.es, line.en), style="bold red" if is_new else "bold")
        for detail in words.details(alert) if is_new else ():
            self.say(detail, indent=4)
        for seen in words.of_kit(alert):
            self.say(seen, style="magenta", indent=4)
        for warning in words.warnings(alert):
            self.say(warning, style="yellow", indent=4)

    async def follow_link(self, states: Reader[LinkState]) -> None:
        """Print whenever the link goes down, and when it is up again."""
        was_down = False
        async for state in states:
            if not state.up:
                self.trouble(
                    Text(f"{state.why.es} Reintentando…", f"{state.why.en} Trying again…"),
                )
            elif was_down:
                self.trouble(state.why)
            was_down = not state.up


class Stopwatch:
    """Seconds since it was made, by trio's clock."""

    def __init__(self) -> None:
        self._started_s = trio.current_time()

    @property
    def since_s(self) -> float:
        """Seconds so far."""
        return trio.current_time() - self._started_s


def _line(text: Text, style: str, indent: int) -> RichText:
    line = RichText(" " * indent + printable(text.es), style=style)
    return line.append(f" · {printable(text.en)}", style="not bold dim")


def _clock() -> str:
    return time.strftime("%H:%M:%S")

"""Logs: readable on a terminal, JSON elsewhere, one line a decision, and never in anyone's way.

Lines are handed to a thread: a terminal that is held, or a log collector that is slow, must not
hold up a press. When the thread cannot keep up, lines are dropped and counted.
"""

import os
import sys
import threading
from collections import deque
from typing import IO, Any, Final

import orjson
import structlog

LINES_KEPT_MAX: Final = 20_000
GATHER_S: Final = 0.02
"""How long lines may wait to be written together."""


class BackgroundWriter:
    """A file object for structlog that never blocks the caller."""

    def __init__(self, fd: int, process: str = "", *, is_terminal: bool = False) -> None:
        self.lost = 0
        self.process = process
        """Whose lines these are."""
        self.is_terminal = is_terminal
        """Whether people read along."""
        self._fd = fd
        self._lines: deque[bytes] = deque()
        self._wake = threading.Event()
        self._hurry = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        threading.Thread(target=self._run, name="log-writer", daemon=True).start()

    def msg(self, line: str | bytes) -> None:
        """Take one line. This is the logger interface that structlog calls."""
        if len(self._lines) >= LINES_KEPT_MAX:
            self.lost += 1
            return
        self._lines.append(line if isinstance(line, bytes) else line.encode(errors="replace"))
        if not self._wake.is_set():  # a look is cheaper than the lock behind it
            self._idle.clear()
            self._wake.set()

    debug = info = warning = error = critical = exception = log = failure = fatal = msg

    def flush(self, deadline_s: float = 1.0) -> None:
        """Wait until what was taken is written or lost, or the deadline has passed."""
        self._hurry.set()
        self._idle.wait(deadline_s)
        self._hurry.clear()

    def _run(self) -> None:
        while True:
            self._wake.wait()
            # Each turn of this thread takes the interpreter from the event loop: few, then.
            self._hurry.wait(GATHER_S)
            self._wake.clear()
            while self._lines:
                lines = [self._lines.popleft() for _ in range(min(len(self._lines), 500))]
                self._write(b"\n".join(lines) + b"\n")
            self._idle.set()
            if self._lines:  # taken between the last look and the line above
                self._idle.clear()

    def _write(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._fd, data) :]
            except OSError:
                self.lost += data.count(b"\n")
                return


def configure_logs(process: str, stream: IO[str] | None = None) -> BackgroundWriter:
    """Set structlog up for this process. Returns the writer, to be flushed at the end."""
    stream = stream or sys.stderr
    writer = BackgroundWriter(stream.fileno(), process, is_terminal=stream.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _naming(process),
            # Here, not prettily by the renderer: that shows variables, so people and tokens.
            structlog.processors.format_exc_info,
            *_rendering(stream.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(20),
        logger_factory=lambda *_: writer,
        cache_logger_on_first_use=True,
    )
    return writer


def _rendering(is_terminal: bool) -> list[structlog.typing.Processor]:
    if is_terminal:
        return [structlog.dev.ConsoleRenderer(pad_event_to=18)]
    return [structlog.processors.JSONRenderer(serializer=_json)]


def _json(event: dict[str, Any], **_: Any) -> bytes:
    return orjson.dumps(event, default=str)


def _naming(process: str) -> structlog.typing.Processor:
    def name(_logger: Any, _method: str, event: structlog.typing.EventDict) -> Any:
        event["process"] = process
        return event

    return name

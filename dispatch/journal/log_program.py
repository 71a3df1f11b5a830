"""The log, as a process of its own: what storing costs is not taken from dispatch.

The core starts it (`log_child.py`) and talks with it over a socket (`edge/log_process.py`). When
that ends, for whatever reason, what was heard is stored and the process ends: it outlives a core
that was killed by some milliseconds, and the next one's log waits for as long. Where the log's
writer has ended by a bug of ours, the process ends too: the core starts another.
"""

import select
import signal
import socket
import sys
import threading
import time
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from dispatch.journal.faults import CannotOpen, Failure, InUse, NotStored, Reason
from dispatch.journal.local_log import CLOSE_DEADLINE_S, LocalLog
from dispatch.journal.log_talk import (
    Answered,
    Append,
    Asked,
    Compact,
    Distrust,
    Drained,
    Opened,
    Refused,
    Stored,
    Told,
    Unpacker,
    line_of,
)

READ_BYTES: Final = 256 * 1024
LOOK_EVERY_S: Final = 0.1
GATHER_S: Final = 0.001
"""What the core says meanwhile is read in one go: a commit takes no less, and a third as many turns
of this process disturb a core that shares its processor."""
IN_USE_FOR_S: Final = CLOSE_DEADLINE_S + 1.0
"""So long it may be the log of a core that has died, which still stores what it heard."""
IN_USE_LOOK_S: Final = 0.02


class Desk:
    """Does what the core asks for, and answers it. `serve` is the main thread's whole life."""

    def __init__(self, path: Path, core: socket.socket) -> None:
        self._core = core
        self._turn = threading.Lock()
        self._pause = threading.Event()
        """Never set. Unlike `time.sleep`, a wait for it ends under clocks that are made to jump."""
        self._is_open = False
        self._told: Told | None = None
        self._told_at_s = float("-inf")
        self._log = LocalLog(
            path,
            call_back=lambda tell: tell(),
            on_stored=lambda seq: self._answer(Stored(seq)),
            on_failed=self._answer,
        )

    def serve(self) -> None:
        """Do what is asked for, until there is nobody any more to ask."""
        asked = Unpacker()
        ready = select.poll()  # for `select` a descriptor may be too high a number
        ready.register(self._core, select.POLLIN)
        with closing(self._log), suppress(ConnectionError):
            while True:
                self._tell()
                if self._has_bug():
                    return
                if not ready.poll(LOOK_EVERY_S * 1000):
                    continue
                data = self._core.recv(READ_BYTES)
                if not data:
                    return
                for each in asked.feed(data):
                    self._do(each)
                self._pause.wait(GATHER_S)

    def _has_bug(self) -> bool:
        """Whether the last look found one."""
        return self._told is not None and self._told.state.reason is Reason.BUG

    def _do(self, asked: Asked) -> None:
        match asked:
            case Append():
                try:
                    self._log.append(asked.entries, first_seq=asked.first_seq)
                except NotStored as refusal:
                    last_seq = asked.first_seq + len(asked.entries) - 1
                    self._answer(Failure(refusal.reason, asked.first_seq, last_seq))
            case Drained():
                self._log.drained(asked.seq)
            case Compact():
                with suppress(NotStored):  # a log that failed for good: the core has heard
                    self._log.compact(asked.now_ms)
            case Distrust():
                self._log.distrust(asked.name, asked.reason)

    def _tell(self) -> None:
        """Say how the log is, if that has changed; and not at every press."""
        now_s = time.monotonic()
        if now_s - self._told_at_s < LOOK_EVERY_S:
            return
        self._told_at_s = now_s
        log = self._log
        if log.log_id and not self._is_open:
            with suppress(NotStored):  # being opened at this very moment: the next look says it
                self._answer(Opened(log.log_id, log.append(())))
                self._is_open = True
        told = Told(log.path.name, log.drained_seq, replace(log.state(), waiting=0))
        if told != self._told:
            self._told = told
            self._answer(told)

    def _answer(self, answered: Answered) -> None:
        """Say it, from either thread. A core that is gone need not hear it."""
        with self._turn, suppress(ConnectionError):
            self._core.sendall(line_of(answered))


def _open(path: Path, core: socket.socket) -> Desk:
    """Open the log, as soon as nobody else has it. Raises `CannotOpen`."""
    give_up_s = time.monotonic() + IN_USE_FOR_S
    while True:
        try:
            return Desk(path, core)
        except InUse:
            if time.monotonic() > give_up_s:
                raise
        time.sleep(IN_USE_LOOK_S)


def main() -> None:
    """Serve one core: `log_program PATH SOCKET_FD`."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # it ends with its core, which those are meant for
    path, core_fd = sys.argv[1:]
    with socket.socket(fileno=int(core_fd)) as core:
        try:
            desk = _open(Path(path), core)
        except CannotOpen as refusal:
            with suppress(ConnectionError):
                core.sendall(line_of(Refused(str(refusal))))
            return
        desk.serve()


if __name__ == "__main__":
    main()

"""Logs, entries and an owner who waits to be told, with a bound."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from dispatch.core.entry import Entry
from dispatch.journal.faults import Failure
from dispatch.journal.local_log import LocalLog
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
NOW_MS = 1_795_000_000_000


def entry(alert: str | None = "a", version: int = 1, *, is_open: bool = True, **more) -> Entry:
    fields = {
        "kind": "signal",
        "at_ms": NOW_MS + version,
        "alert_id": alert,
        "version": version,
        "is_open": is_open,
        "state": msgspec.msgpack.encode([alert, version]) if alert else None,
        "view": msgspec.json.encode({"alert_id": alert}) if alert else None,
    }
    return Entry(**(fields | more))


class Owner:
    """Has a log, and remembers what it was told."""

    def __init__(self, path: Path, **more) -> None:
        self.stored_seq = 0
        self.failures: list[Failure] = []
        self.told: list[int | Failure] = []
        self._changed = threading.Condition()
        self.log = LocalLog(
            path,
            call_back=self._call_back,
            on_stored=self._stored,
            on_failed=self._failed,
            **more,
        )

    def __enter__(self) -> "Owner":
        return self

    def __exit__(self, *_: object) -> None:
        assert self.log.close(PATIENCE_S)

    def store(self, *entries: Entry) -> int:
        """Append, and wait until it is stored or failed."""
        seq = self.log.append(entries)
        self.wait(lambda: self.stored_seq >= seq or seq in self.failed_numbers())
        return seq

    def failed_numbers(self) -> set[int]:
        return {
            seq
            for failure in self.failures
            for seq in range(failure.first_seq, failure.last_seq + 1)
        }

    def wait(self, until: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(until, PATIENCE_S), (self.told, self.log.state())

    def wait_for_state(self, until: Callable[[], bool]) -> None:
        """For what nobody is told of; looked at until it is so, with a bound."""
        with self._changed:
            for _ in range(int(PATIENCE_S * 100)):
                if until():
                    return
                self._changed.wait(0.01)
        raise AssertionError(self.log.state())

    def _call_back(self, told: Callable[[], None]) -> None:
        with self._changed:
            told()
            self._changed.notify_all()

    def _stored(self, seq: int) -> None:
        self.stored_seq = seq
        self.told.append(seq)

    def _failed(self, failure: Failure) -> None:
        self.failures.append(failure)
        self.told.append(failure)


def start(script: Path, *arguments: object, **environment: str) -> subprocess.Popen[str]:
    """Start a Python child that may import the project; its standard output is read by lines."""
    return subprocess.Popen(
        [sys.executable, "-u", str(script), *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )


def overwrite(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal" / "journal.sqlite"

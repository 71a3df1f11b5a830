"""The process of a log is there while its core holds the other end, and no longer."""

import os
from pathlib import Path

import pytest

from dispatch.journal import log_child
from dispatch.journal.faults import InUse
from dispatch.journal.files import lock
from dispatch.journal.log_child import start_log
from dispatch.journal.log_talk import Lines, Opened
from tests.patience import PATIENCE_S


def test_with_our_end_closed_it_ends_and_lets_go_of_the_log(path: Path) -> None:
    child = start_log(path)
    try:
        with child.ours:
            child.ours.settimeout(PATIENCE_S)
            lines = Lines()
            while not (answered := lines.feed(child.ours.recv(4096))):
                pass
            assert isinstance(answered[0], Opened)
            with pytest.raises(InUse):
                lock(path)
        assert child.process.wait(PATIENCE_S) == 0
    finally:
        child.process.kill()
        child.process.wait()
    os.close(lock(path))


def test_closed_before_it_has_begun_it_ends_too(path: Path) -> None:
    child = start_log(path)
    child.ours.close()
    try:
        assert child.process.wait(PATIENCE_S) == 0
    finally:
        child.process.kill()
        child.process.wait()
    os.close(lock(path))


def test_a_program_that_is_not_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_child, "COMMAND", (str(path / "nothing"),))
    with pytest.raises(FileNotFoundError):
        start_log(path)

import os

import pytest

from dispatch.supervise.ready import READY_FD, announce_ready, forgo_ready


@pytest.fixture
def ready_pipe(monkeypatch: pytest.MonkeyPatch) -> int:
    read_end, write_end = os.pipe()
    monkeypatch.setenv(READY_FD, str(write_end))
    yield read_end
    os.close(read_end)


def test_says_ready_once_with_its_details(ready_pipe: int) -> None:
    announce_ready({"port": 8443})
    announce_ready({"port": 1})
    assert os.read(ready_pipe, 100) == b'ready {"port": 8443}\n'
    assert os.read(ready_pipe, 100) == b"", "the pipe is closed after the one line"


def test_a_grandchild_does_not_inherit_the_word(ready_pipe: int) -> None:
    announce_ready()
    assert READY_FD not in os.environ


def test_forgoing_closes_the_pipe_unsaid(ready_pipe: int) -> None:
    forgo_ready()
    assert os.read(ready_pipe, 100) == b""
    assert READY_FD not in os.environ


def test_unsupervised_it_does_nothing(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(READY_FD, raising=False)
    announce_ready({"port": 8443})
    forgo_ready()
    assert capfd.readouterr() == ("", "")

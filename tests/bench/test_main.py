import sys

import pytest

from bench.__main__ import SUBCOMMANDS, main


def test_it_lists_what_there_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench"])
    assert main() == 0
    said = capsys.readouterr().out
    assert all(name in said for name in SUBCOMMANDS)
    monkeypatch.setattr(sys, "argv", ["bench", "magic"])
    assert main() == 2


def test_what_cannot_be_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    argv = ["bench", "latency", "--rate", "1000000", "--seconds", "1", "--quadrants", "2"]
    monkeypatch.setattr(sys, "argv", argv)
    assert main() == 1
    said = capsys.readouterr().err
    assert "the city has room for" in said
    assert "Traceback" not in said

"""A program of our own is found from anywhere, and has what we have."""

import subprocess
from pathlib import Path

import pytest

from dispatch.journal.own_program import command, environment


def test_it_is_found_from_anywhere_and_has_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUADRANTE_TRIED", "yes")
    assert environment()["CUADRANTE_TRIED"] == "yes"
    done = subprocess.run(
        command("dispatch.journal.log_program"),
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    # Without arguments it gets as far as missing them.
    assert "not enough values to unpack" in done.stderr, done.stderr

"""A command in an empty directory, and one with a database of its own."""

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import server as program
from dispatch.commands import words
from dispatch.settings import PREFIX
from dispatch.supervise.exit_codes import ExitCode
from tests.commands.running import Run


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command in an empty directory, without settings of the machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for console in (words.out, words.err):  # they were made when COLUMNS was somebody else's
        monkeypatch.setattr(console, "width", 100)
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)

    def run(
        *arguments: str, exits: int = ExitCode.OK, stdin: str | None = None, **variables: str
    ) -> Result:
        result = CliRunner().invoke(program.app, arguments, input=stdin, env=variables)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == exits, result.output
        return result

    return run


@pytest.fixture
def ask(run: Run, dsn: str) -> Run:
    """The same, with a database of its own."""
    return lambda *arguments, exits=ExitCode.OK, stdin=None: run(
        *arguments, exits=exits, stdin=stdin, CUADRANTE_DSN=dsn
    )

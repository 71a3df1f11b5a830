"""What a command says when it cannot go on: a sentence, and an exit code for programs."""

import sqlite3
from pathlib import Path

import pytest
import typer

from dispatch.commands.words import blame, when
from dispatch.supervise.exit_codes import ExitCode
from dispatch.supervise.restarts import Failure, GaveUpError
from tests.commands.running import Run

ASKING = [
    ("devices",),
    ("enrol", "ana", "--role", "app"),
    ("enrol", "--all"),
    ("revoke", "ana", "--reason", "lost"),
]


@pytest.mark.parametrize("command", [*ASKING, ("run",), ("core",), ("gateway",), ("doctor",)])
def test_bad_settings_are_named(command: tuple[str, ...], run: Run) -> None:
    said = run(*command, exits=ExitCode.CONFIGURATION, CUADRANTE_PORT="many").stderr
    assert said.startswith("cuadrante: port: ")
    said = run(*command, "--config", "none.toml", exits=ExitCode.CONFIGURATION).stderr
    assert said == "cuadrante: there is no settings file none.toml\n"


@pytest.mark.parametrize("command", ASKING)
def test_a_database_that_is_away_is_one_sentence(command: tuple[str, ...], run: Run) -> None:
    away = "postgresql://me:hunter2@127.0.0.1:1/none"
    said = run(*command, exits=ExitCode.DATABASE, CUADRANTE_DSN=away).output
    assert "cuadrante: PostgreSQL: unreachable" in said
    assert "doctor" in said
    assert "hunter2" not in said


@pytest.mark.parametrize("command", ASKING)
def test_a_dsn_that_is_none_is_one_sentence(command: tuple[str, ...], run: Run) -> None:
    said = run(*command, exits=ExitCode.FAILED, CUADRANTE_DSN="nonsense://hunter2").stderr
    assert "DSN" in said
    assert "hunter2" not in said


def test_a_data_directory_that_is_a_file_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "var").touch()
    said = run("devices", exits=ExitCode.DATABASE).stderr
    assert "not a directory" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (sqlite3.DatabaseError("malformed"), ExitCode.FAILED, "the journal cannot be read"),
        (FileNotFoundError(2, "No such file", "x.json"), ExitCode.FAILED, "x.json: No such file"),
        (GaveUpError("core", [Failure(0.0, "killed")], curable=True), ExitCode.GAVE_UP, "core"),
    ],
)
def test_whose_fault_an_error_is(
    error: Exception, code: ExitCode, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended, blame():
        raise error
    assert ended.value.exit_code == code
    assert words in capsys.readouterr().err


def test_a_bug_stays_loud() -> None:
    with pytest.raises(ZeroDivisionError), blame():
        raise ZeroDivisionError


def test_a_time_that_never_came_is_said() -> None:
    assert when(None, "never") == "never"

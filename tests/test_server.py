"""The command line as a whole: every command has help, and every option says what it is for."""

import re
import subprocess
import sys

import pytest

import server
from dispatch.supervise.exit_codes import ExitCode
from tests.commands.conftest import ask, run
from tests.commands.running import Run

__all__ = ["ask", "run"]

COMMANDS = [
    (),
    ("run",),
    ("core",),
    ("import",),
    ("import", "quadrants"),
    ("import", "registry"),
    ("enrol",),
    ("revoke",),
    ("reinstate",),
    ("devices",),
    ("kit",),
    ("troubles",),
    ("account",),
    ("account", "add"),
    ("account", "passwd"),
    ("account", "revoke"),
    ("account", "list"),
    ("schema",),
    ("doctor",),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: tuple[str, ...], run: Run) -> None:
    said = run(*command, "--help").stdout
    assert said.strip().startswith("Usage:")
    assert len(said.splitlines()) > 5


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_says_what_it_is_for(command: tuple[str, ...], run: Run) -> None:
    said = run(*command, "--help").stdout
    options = re.findall(r"^  (?:-\w, )?(--[a-z-]+)(.*)((?:\n {10,}.*)*)", said, re.MULTILINE)
    assert options
    for option, first, more in options:
        words = re.sub(r"\[[^]]*]|\b[A-Z]{2,}\b|--[a-z-]+|[/,]", "", first + more).strip()
        assert words, f"{' '.join(command)} {option} says nothing"


def test_the_commands_are_those_promised(run: Run) -> None:
    said = run("--help").stdout
    commands = "run core gateway import enrol revoke devices schema doctor"
    for command in commands.split():
        assert re.search(rf"^  {command}  +\w", said, re.MULTILINE)


def test_without_a_command_there_is_help(run: Run) -> None:
    assert "Usage:" in run(exits=ExitCode.USAGE).output


def test_a_command_that_does_not_exist_is_said(run: Run) -> None:
    assert "No such command 'enroll'" in run("enroll", exits=ExitCode.USAGE).output


HEAVY = ("asyncpg", "shapely", "uvloop", "fastapi", "trio", "pydantic_settings")
"""What only some commands need: each takes a tenth of a second or so."""


def test_the_list_of_commands_imports_nothing_heavy() -> None:
    """The core is to dispatch within a second of its start, and half of that is imports."""
    code = f"import sys, server; print([each for each in {HEAVY} if each in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=server.__file__.rpartition("/")[0],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"

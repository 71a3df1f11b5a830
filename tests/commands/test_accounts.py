"""Accounts of the control room, by the hand of whoever runs the server."""

import json

from dispatch.supervise.exit_codes import ExitCode
from tests.commands.running import Run

PASSWORD = "correct horse battery"

ADD = ("account", "add", "ana", "--name", "Ana Díaz", "--role", "operator")


def test_an_account_is_made_changed_listed_and_revoked(ask: Run) -> None:
    said = ask(*ADD, "--totp", stdin=f"{PASSWORD}\n").output
    assert "otpauth://totp/Cuadrante:ana?" in said
    assert PASSWORD not in said
    again = ask(*ADD, exits=ExitCode.FAILED, stdin=f"{PASSWORD}\n")
    assert "account passwd" in again.output
    assert "another password" in ask("account", "passwd", "ana", stdin=f"{PASSWORD} 2\n").output
    (listed,) = json.loads(ask("account", "list", "--json").stdout)
    assert (listed["account_id"], listed["role"], listed["has_totp"]) == ("ana", "operator", True)
    assert "$argon2" not in str(listed)
    assert "Ana Díaz" in ask("account", "list").stdout
    ask("account", "revoke", "ana", "--reason", "se fue")
    gone = ask("account", "passwd", "ana", exits=ExitCode.FAILED, stdin=f"{PASSWORD}\n")
    assert "account list" in gone.output


def test_a_supervisor_may_be_of_one_quadrant_and_nobody_else(ask: Run) -> None:
    chief = ("account", "add", "eva", "--name", "Eva", "--role", "supervisor")
    ask(*chief, "--quadrant", "Q-01", stdin=f"{PASSWORD}\n")
    (listed,) = json.loads(ask("account", "list", "--json").stdout)
    assert listed["quadrant"] == "Q-01"
    said = ask(*ADD, "--quadrant", "Q-01", exits=ExitCode.FAILED, stdin=f"{PASSWORD}\n")
    assert "only a supervisor is of a quadrant" in said.output


def test_what_is_no_password_and_who_is_not_there_is_said(ask: Run) -> None:
    short = ask(*ADD, exits=ExitCode.USAGE, stdin="short\n")
    assert "at least 12 characters" in short.output
    nobody = ask("account", "revoke", "luis", "--reason", "x", exits=ExitCode.FAILED)
    assert "luis" in nobody.output
    assert "account add" in ask("account", "list").output

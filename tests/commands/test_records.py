"""The maintenance list, and what is forgotten of the record."""

import json

from dispatch.supervise.exit_codes import ExitCode
from tests.commands.running import Run


def test_the_maintenance_list_names_what_never_came(ask: Run) -> None:
    assert "nothing to list" in ask("kit").stdout
    ask("enrol", "sirena-1", "--role", "siren", "--name", "Sirena [1]")
    ask("enrol", "ana", "--role", "app")
    listed = ask("kit").stdout
    assert "Sirena [1]" in listed
    assert "never" in listed
    (row,) = json.loads(ask("kit", "--json").stdout)
    assert (row["device_id"], row["last_seen_at"], row["troubles"]) == ("sirena-1", None, [])
    assert json.loads(ask("kit", "--trouble", "--json").stdout) == []
    assert json.loads(ask("kit", "--front", "f-1", "--json").stdout) == []


def test_troubles_are_listed(ask: Run) -> None:
    assert "no troubles" in ask("troubles", "--open").stdout
    assert json.loads(ask("troubles", "--json").stdout) == []


def test_what_is_old_is_forgotten_and_nothing_that_is_not(ask: Run) -> None:
    said = ask("forget", "--older-than-days", "30").stdout
    assert said == "0 alerts and 0 pictures forgotten\n"
    young = ask("forget", "--older-than-days", "0", exits=ExitCode.FAILED).stderr
    assert "at least 1 day" in young

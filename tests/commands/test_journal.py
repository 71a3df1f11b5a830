"""Looking into the durable log from the command line."""

import json
from pathlib import Path

from dispatch.supervise.exit_codes import ExitCode
from tests.commands.running import Run
from tests.journal.samples import Owner, entry


def a_log(folder: Path) -> Path:
    """The journal of an installation in this folder, with one alert."""
    path = folder / "var" / "journal" / "journal.sqlite"
    path.parent.mkdir(parents=True)
    with Owner(path) as owner:
        owner.store(entry())
    return path


def test_a_log_is_summed_up_checked_and_written_out(run: Run, tmp_path: Path) -> None:
    a_log(tmp_path)
    assert "lines      1" in run("journal", "inspect").stdout
    assert json.loads(run("journal", "inspect", "--json").stdout)["open_alerts"] == 1
    assert run("journal", "verify").stdout == ""
    assert json.loads(run("journal", "verify", "--json").stdout) == []
    assert "1 lines written" in run("journal", "export", "lines.jsonl").stdout
    assert len((tmp_path / "lines.jsonl").read_text().splitlines()) == 1


def test_without_a_log_all_of_them_say_so(run: Run) -> None:
    for command in (("inspect",), ("verify",), ("export", "lines.jsonl")):
        said = run("journal", *command, exits=ExitCode.FAILED).stderr
        assert "there is no journal" in said

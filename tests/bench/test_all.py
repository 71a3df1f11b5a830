import shlex
from importlib import import_module
from pathlib import Path

import pytest

from bench.__main__ import SUBCOMMANDS, module_of
from bench.all import PLAN, SHORT, main, put_aside


@pytest.mark.parametrize("line", [*PLAN, *SHORT])
def test_what_is_planned_can_be_called(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    name, *options = shlex.split(line)
    assert name in SUBCOMMANDS
    with pytest.raises(SystemExit) as ended:
        import_module(module_of(name)).main([*options, "--help"])
    assert ended.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_the_run_before_is_kept(tmp_path: Path) -> None:
    for run in range(3):
        put_aside(tmp_path)
        (tmp_path / "floor.json").write_text(str(run))
    assert (tmp_path / "previous" / "floor.json").read_text() == "1"
    assert (tmp_path / "floor.json").read_text() == "2"


def test_one_that_fails_is_said_and_the_rest_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bench.all.SHORT", ("locate no-such-file", "journal-of-nothing"))
    assert main(["--into", str(tmp_path), "--short"]) == 1
    said = capsys.readouterr().err
    assert "something is wrong in locate, journal-of-nothing" in said

from pathlib import Path

import pytest

from clients.demo.__main__ import exit_code
from clients.demo.model import Model
from clients.demo.options import parse
from clients.demo.reports import Checked
from protocol.vocabulary import FoundBy
from tests.clients.demo.samples import alert


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "file"
    path.touch()
    return str(path)


def test_by_default_it_is_the_sample_city_at_a_modest_pace() -> None:
    options = parse([])
    size = options.size(120)
    assert (size.staffed, size.handhelds, size.members) == (60, 150, 100)
    assert options.per_s == 0.5
    assert options.hurry == 1.0
    assert not options.once


def test_real_quadrants_all_have_handhelds_and_a_replay_has_more_members(file: str) -> None:
    size = parse(["--quadrants", file, "--replay", file]).size(599)
    assert (size.staffed, size.handhelds, size.members) == (599, 1198, 400)


def test_a_check_runs_once_and_without_a_screen(file: str) -> None:
    options = parse(["--replay-check", file])
    assert options.once
    assert options.plain
    assert options.is_check


@pytest.mark.parametrize(
    "arguments", [["--quadrants", "missing.geojson"], ["--replay", "missing.csv"], ["--port", "x"]]
)
def test_what_cannot_be_used_is_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2
    assert arguments[-1] in capsys.readouterr().err


def test_how_a_run_is_judged() -> None:
    timed, open_ended = parse(["--seconds", "5"]), parse([])
    model = Model()
    assert exit_code(open_ended, model.summary()) == 0
    assert exit_code(timed, model.summary()) == 1
    model.see(alert(version=2, accepted_at_ms=5))
    assert exit_code(timed, model.summary()) == 0
    model.take(Checked("i", "Q1", "Q2", FoundBy.INSIDE, False))
    assert exit_code(open_ended, model.summary()) == 1

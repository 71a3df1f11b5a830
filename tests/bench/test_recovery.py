import json
from pathlib import Path

import pytest

from bench.recovery import main


def test_a_small_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    small = ["--alerts", "20", "--devices", "30", "--rounds", "1"]
    assert main([*small, "--json", str(file)]) == 0
    said = capsys.readouterr().out
    figures = json.loads(file.read_text())
    assert figures["start_total_ms"] == [pytest.approx(sum(figures["start_ms"].values()), abs=1)]
    assert all(spent > 0 for spent in figures["start_ms"].values())
    assert set(figures["parts_ms"]) >= {"imports", "registry copy", "states read", "states thawed"}
    for name in (*figures["start_ms"], *figures["parts_ms"]):
        assert name in said


@pytest.mark.parametrize("arguments", [["--alerts", "0"], ["--alerts", "9", "--devices", "8"]])
def test_what_cannot_be_is_said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert "--alerts" in capsys.readouterr().err

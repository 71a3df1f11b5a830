import json
from pathlib import Path

import pytest

from bench.gateway import main


def test_a_small_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    small = ["--panels", "120", "--seconds", "1", "--presses", "3"]
    assert main([*small, "--json", str(file)]) == 0
    figures = json.loads(file.read_text())
    said = capsys.readouterr().out
    for way in ("tcp", "udp"):
        assert figures[way]["us_per_link_test"] > 0
        assert str(figures[way]["core_percent"]) in said
    for way in ("panel", "app"):
        assert 0 < figures["press_ms"][way]["p50"] <= figures["press_ms"][way]["p99"]


@pytest.mark.parametrize("arguments", [["--panels", "0"], ["--presses", "0"], ["--seconds", "0"]])
def test_what_cannot_be_is_said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert "--panels" in capsys.readouterr().err

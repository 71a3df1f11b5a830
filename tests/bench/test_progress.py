import json
from pathlib import Path

import pytest

from bench.progress import say, write

FIGURES = {"rate": 1_000, "handheld_ms": {"p99": 1.5}, "rows": [{"a": 1, "b": True}], "none": []}


def test_figures_go_where_they_are_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(FIGURES, "-")
    assert json.loads(capsys.readouterr().out) == FIGURES
    write(FIGURES, str(tmp_path / "new" / "figures.json"))
    assert json.loads((tmp_path / "new" / "figures.json").read_text()) == FIGURES
    said = capsys.readouterr().out
    assert "1,000" in said
    assert "  p99" in said
    assert "a 1  b True" in said


def test_progress_is_beside_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    say("half way")
    said = capsys.readouterr()
    assert (said.out, "half way" in said.err) == ("", True)

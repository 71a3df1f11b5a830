import json
import re
from pathlib import Path

import pytest

from bench.report import main
from tests.bench.figures import results


def test_one_page_with_everything_and_nothing_from_elsewhere(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, figures in results().items():
        (tmp_path / f"{name}.json").write_text(json.dumps(figures))
    assert main([str(tmp_path)]) == 0
    page = (tmp_path / "report.html").read_text()
    assert "Fast &lt;One&gt;" in page
    assert not re.search(r"<(script|link|img|iframe)|src=|@import", page)
    text = (tmp_path / "report.md").read_text()
    for heading in ("Goals", "Capacity", "Idle connections", "Growth", "Remarks"):
        assert f"## {heading}" in text
        assert f"<h2>{heading}" in page
    assert "| CPU a signal ÷ floor | ≤ 2 | 1.6 | met |" in text
    assert "nats-server is missing" in text
    assert "report.html" in capsys.readouterr().out


def test_without_results_it_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path)]) == 1
    assert "make bench" in capsys.readouterr().out

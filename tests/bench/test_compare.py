import json
from pathlib import Path
from typing import Any

import pytest

from bench.compare import compare, main
from tests.bench.figures import results


def keep(folder: Path, figures: dict[str, dict[str, Any]]) -> str:
    folder.mkdir()
    for name, each in figures.items():
        (folder / f"{name}.json").write_text(json.dumps(each))
    return str(folder)


def test_worse_is_told_from_noise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = keep(tmp_path / "before", results())
    noise, worse = results(), results()
    noise["floor"]["ratio"] *= 1.1
    worse["floor"]["ratio"] *= 1.3
    assert main([before, keep(tmp_path / "noise", noise)]) == 0
    assert "worse" not in capsys.readouterr().out
    assert main([before, keep(tmp_path / "worse", worse)]) == 1
    assert "+30.0%" in capsys.readouterr().out
    assert main([before, keep(tmp_path / "none", {})]) == 2


def test_a_better_ratio_to_a_peer_is_less_cpu() -> None:
    after = results()
    after["peers"]["peers"]["node-ws"]["ratio"] = 6.0
    rows = {row.figure: row.change for row in compare(results(), after)}
    assert rows["CPU a signal ÷ node-ws's"] == pytest.approx(-0.5)
    assert "CPU a signal ÷ nats's" not in rows, "it was not measured"

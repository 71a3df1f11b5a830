from pathlib import Path

import pytest

from bench import cuadrante as under_test
from bench.city import plan_city
from bench.cuadrante import cuadrante, free_port, last_words
from bench.failures import DoesNotStart


def test_a_server_that_does_not_start_says_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "free_port", lambda: 99_999)
    with (
        pytest.raises(DoesNotStart, match="port"),
        cuadrante(plan_city(quadrants=2, senders=2)),
    ):
        pytest.fail("it started")


def test_last_words_and_ports(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("\n".join(map(str, range(100))))
    assert last_words(tmp_path / "log", 2) == "98\n99"
    assert 1_024 < free_port() < 65_536

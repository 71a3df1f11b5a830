import json

import pytest

from bench import scenarios
from bench.scenarios import MISSING, main, row_of

LOCUST_MISSING = "locust is missing: install the extra `bench`"


def test_percentiles_of_counted_times() -> None:
    row = {"num_requests": 101, "num_failures": 1, "response_times": {"9": 99, "1000": 2}}
    assert row_of(row) == {"count": 101, "failures": 1, "p50_ms": 9.0, "p99_ms": 1000.0}
    none = {"num_requests": 0, "num_failures": 0, "response_times": {}}
    assert row_of(none)["p99_ms"] is None


def test_a_scenario_is_played_headless_and_judged(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("gevent", reason=LOCUST_MISSING)
    small = ["--scenario", "emergency", "--scale", "0.0005", "--seconds", "10", "--json", "-"]
    assert main(small) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["remarks"] == []
    row = figures["scenarios"]["emergency"]
    assert row["kept"] is True
    shown = row["events"]["alert: press → handheld"]
    assert shown["count"] == 2 * row["events"]["signal: press → receipt"]["count"] > 0
    assert row["events"]["answer: accepted → confirmed"]["failures"] == 0


def test_without_locust_it_says_what_to_do(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenarios, "find_spec", lambda _: None)
    assert main([]) == 2
    assert MISSING in capsys.readouterr().err

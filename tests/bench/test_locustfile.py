"""In a process of its own: gevent patches what it is imported into."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
JUDGE = """
import locust, sys
from locust.stats import RequestStats
from bench.locustfile import BUDGETS_MS, broken_budgets
options = dict.fromkeys(BUDGETS_MS.values(), 100.0)
stats = RequestStats()
assert len(broken_budgets(stats, options)) == len(BUDGETS_MS), "nothing measured is nothing kept"
for act, name in BUDGETS_MS:
    for ms in [10] * 200:
        stats.log_request(act, name, ms, 0)
assert broken_budgets(stats, options) == []
for _ in range(10):
    stats.log_request("alert", "press → handheld", 500, 0)
(words,) = broken_budgets(stats, options)
assert "p99 500 ms, 100 are allowed" in words, words
stats.log_error("alert", "press → handheld", "shown to nobody")
assert "1 failures" in broken_budgets(stats, options)
"""


def test_a_run_fails_on_its_budgets() -> None:
    pytest.importorskip("gevent", reason="locust is missing: install the extra `bench`")
    done = subprocess.run(
        [sys.executable, "-c", JUDGE], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_an_unknown_scenario_is_refused() -> None:
    pytest.importorskip("gevent", reason="locust is missing: install the extra `bench`")
    command = [sys.executable, "-m", "locust", "-f", "bench/locustfile.py", "--headless"]
    done = subprocess.run(
        [*command, "--scenario", "earthquake"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "earthquake" in done.stderr

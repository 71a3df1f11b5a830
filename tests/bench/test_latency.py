import json

import numpy as np
import pytest

from bench.latency import main, remarks_on, senders_for
from bench.score import Latencies


def test_what_is_printed_and_that_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--rate", "40", "--idle", "30", "--seconds", "5.5", "--quadrants", "40"]
    assert main([*small, "--json", "-"]) == 0
    said = capsys.readouterr()
    figures = json.loads(said.out)
    assert figures["sent"] == figures["delivered"] == 220
    assert figures["lost"] == figures["duplicated"] == figures["misrouted"] == 0
    for name in ("handheld_ms", "stored_ms"):
        assert 0 < figures[name]["p50"] <= figures[name]["p99"] <= figures[name]["p999"]
    assert 0 < figures["loop_pause_ms"]["p50"] <= figures["loop_pause_ms"]["max"]
    assert 0 < figures["bystander_pause_ms"]["p50"] <= figures["bystander_pause_ms"]["max"]
    assert figures["core_cpu_us_per_signal"] > 0
    assert len(figures["core_cpu_us_per_signal_rounds"]) == 2
    assert "round 2 of 2" in said.err, "who waits is told how far it is"


def test_what_makes_figures_worth_less_is_said() -> None:
    def seen(handheld_us: int, late_us: int) -> list[str]:
        times = np.full(10, handheld_us)
        return remarks_on(Latencies(times, times, times, times, np.full(10, late_us)))

    assert seen(2_000, 100) == []
    (queue,) = seen(900_000, 100)
    assert "presses queue" in queue
    (late,) = seen(2_000, 1_900)
    assert "generator itself was 1.9 ms late" in late


def test_each_sender_has_an_alert_of_every_kind_at_most() -> None:
    assert 3 * senders_for(1_000, 5.0) >= 5_000
    assert senders_for(1, 0.1) >= 2
